const { announce, later, load, module, onPress, once, say } = await import(
  document.getElementById("authkit-base").href
);
const { hold } = await module("authkit-api");
const { showState, stepNamed, visibleStep } = await module("authkit-factor-state");

const element = (id) => document.getElementById(id);

const part = element("authkit-second-factor");

onPress(part.querySelector("[data-begin]"), async () => {
  const { begin } = await later("authkit-factor-set-up");
  await begin({});
});

onPress(part.querySelector("[data-done]"), async () => {
  const { forgetCodes } = await later("authkit-recovery-codes");
  forgetCodes();
  hold(false);
  await showState();
  announce(say("kept"));
});

async function open(name) {
  const { dialogs } = await later("authkit-factor-dialogs");
  // A dialog gives the focus back to its button, which may be gone.
  if (await dialogs[name]()) visibleStep().querySelector("h2").focus();
}

for (const button of part.querySelectorAll("[data-opens]")) {
  // One at a time: the first may still be on its way.
  onPress(button, () => once(stepNamed("on"), () => open(button.dataset.opens)));
}

load(part, async () => {
  await showState({ focus: false });
  const reason = new URLSearchParams(location.search).get("reason");
  if (reason === "required" && !stepNamed("off").hidden) {
    announce(say("factor-required"), { isSuccess: false });
  }
});
