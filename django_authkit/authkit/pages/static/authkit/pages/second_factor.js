const element = (id) => document.getElementById(id);

const { call } = await import(element("authkit-api").href);
const { announce, alertIn, language, load, onPress, onSubmit, say, show } = await import(
  element("authkit-forms").href
);
const { dialogOf } = await import(element("authkit-dialogs").href);
const { forgetCodes, showCodes } = await import(element("authkit-recovery-codes").href);
await import(element("authkit-step-up-module").href);

const part = element("authkit-second-factor");
const steps = [...part.querySelectorAll("[data-step]")];
const stepNamed = (name) => steps.find((step) => step.dataset.step === name);
const confirm = stepNamed("confirm").querySelector("form");

/** Of so many codes or fewer the page warns, as a mail does. */
const FEW = 3;

// --- what is on -----------------------------------------------------------------------------

async function showState({ focus = true } = {}) {
  const { totp, recovery_codes_left: left } = await call("GET", "2fa/");
  const on = stepNamed("on");
  if (totp.enabled) {
    const since = new Date(totp.confirmed_at);
    const date = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(since);
    on.querySelector('[data-fill="since"]').textContent = say("on-since", { date });
    const number = new Intl.NumberFormat(language).format(left);
    on.querySelector('[data-fill="left"]').textContent = say("codes-left", { number });
    on.querySelector("[data-few]").hidden = left > FEW;
  }
  show(steps, totp.enabled ? "on" : "off", { focus });
}

// --- set up: scan, confirm, keep the codes ------------------------------------------------------

const picture = element("authkit-qr-code");
const secret = element("authkit-secret");
const link = element("authkit-otpauth");

async function begin(proof) {
  announce("");
  const setup = await call("POST", "2fa/totp/setup/", proof);
  picture.src = setup.qr_code;
  secret.replaceChildren(
    ...setup.secret.match(/.{1,4}/g).map((group) => {
      const span = document.createElement("span");
      span.textContent = group;
      return span;
    }),
  );
  link.href = setup.otpauth_url.startsWith("otpauth:") ? setup.otpauth_url : "";
  show(steps, "scan");
}

function forgetSetup() {
  picture.removeAttribute("src");
  link.removeAttribute("href");
  secret.replaceChildren();
  confirm.reset();
}

onPress(part.querySelector("[data-begin]"), () => begin({}));
onPress(part.querySelector("[data-scanned]"), async () => {
  show(steps, "confirm", { focus: false });
  confirm.elements.namedItem("code").focus();
});
onPress(part.querySelector("[data-scan-again]"), async () => show(steps, "scan"));
for (const button of part.querySelectorAll("[data-stop]")) {
  onPress(button, async () => {
    forgetSetup();
    await showState();
  });
}

const copySecret = part.querySelector("[data-copy-secret]");
copySecret.hidden = !navigator.clipboard;
onPress(copySecret, async () => {
  await navigator.clipboard.writeText(secret.textContent);
  announce(say("copied"));
});

onSubmit(confirm, async ({ code }) => {
  try {
    const { recovery_codes: codes } = await call("POST", "2fa/totp/verify/", { code });
    showCodes(codes, { lastStep: true });
  } catch (error) {
    if (error.code !== "no_pending_setup") throw error;
    forgetSetup();
    await showState();
    alertIn(steps.find((step) => !step.hidden), error.message);
    return;
  }
  forgetSetup();
  announce("");
  show(steps, "codes");
});

onPress(part.querySelector("[data-done]"), async () => {
  forgetCodes();
  await showState();
  announce(say("kept"));
});

// --- a factor that is on: each change takes its proof in that very request -----------------------

const dialogs = {
  replace: dialogOf(element("authkit-replace"), begin),
  renew: dialogOf(element("authkit-renew"), async ({ code }) => {
    const { recovery_codes: codes } = await call("POST", "2fa/recovery-codes/", { code });
    showCodes(codes, { lastStep: false });
    announce("");
    show(steps, "codes", { focus: false });
  }),
  disable: dialogOf(element("authkit-disable"), async (proof) => {
    await call("POST", "2fa/totp/disable/", proof);
    await showState({ focus: false });
    announce(say("turned-off"));
  }),
};

for (const button of part.querySelectorAll("[data-opens]")) {
  onPress(button, async () => {
    // A dialog gives the focus back to its button, which may be gone.
    if (await dialogs[button.dataset.opens]()) {
      steps.find((step) => !step.hidden).querySelector("h2").focus();
    }
  });
}

load(part, async () => {
  await showState({ focus: false });
  const reason = new URLSearchParams(location.search).get("reason");
  if (reason === "required" && !stepNamed("off").hidden) announce(say("factor-required"));
});
