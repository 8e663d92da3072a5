/** The recovery codes: shown once, to be kept somewhere else before the page goes on. */

const { announce, onPress, say } = await import(document.getElementById("authkit-forms").href);
const { shownOnce } = await import(document.getElementById("authkit-shown-once").href);

const step = document.querySelector('[data-step="codes"]');
const list = step.querySelector("ol");
const once = shownOnce(step);

let codes = [];

const text = () => `${say("codes-of-site")}\n\n${codes.join("\n")}\n`;

/** Show new codes, as the last step of a set-up or alone; the page goes on when they are kept. */
export function showCodes(shown, { lastStep }) {
  codes = shown;
  step.querySelector(".authkit-progress").hidden = !lastStep;
  list.replaceChildren(
    ...codes.map((code) => {
      const item = document.createElement("li");
      const value = document.createElement("code");
      value.textContent = code;
      item.append(value);
      return item;
    }),
  );
  once.begin();
}

/** Forget them: nothing of them stays in the page. */
export function forgetCodes() {
  codes = [];
  list.replaceChildren();
  once.end();
}

const copy = step.querySelector("[data-copy]");
copy.hidden = !navigator.clipboard;
onPress(copy, async () => {
  await navigator.clipboard.writeText(text());
  announce(say("copied"));
});

onPress(step.querySelector("[data-download]"), async () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text()], { type: "text/plain" }));
  link.download = "recovery-codes.txt";
  link.click();
  URL.revokeObjectURL(link.href);
});

onPress(step.querySelector("[data-print]"), async () => print());
