/** Set up an authenticator app: scan, confirm, keep the codes. */

const { alertIn, announce, module, onPress, show } = await import(
  document.getElementById("authkit-base").href
);
const { call, hold } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");
const { showState, stepNamed, steps, visibleStep } = await module("authkit-factor-state");
// Before a request answers with codes: they are shown once, and must not wait for a script.
const { showCodes } = await module("authkit-recovery-codes");
await module("authkit-copy");

const element = (id) => document.getElementById(id);

const part = element("authkit-second-factor");
const confirm = stepNamed("confirm").querySelector("form");
const picture = element("authkit-qr-code");
const secret = element("authkit-secret");
const link = element("authkit-otpauth");

/** Show the picture of a new secret, with the proof where a factor is on. */
export async function begin(proof) {
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

onSubmit(confirm, async ({ code }) => {
  try {
    const { recovery_codes: codes } = await call("POST", "2fa/totp/verify/", { code });
    hold(true);
    showCodes(codes, { lastStep: true });
  } catch (error) {
    if (error.code !== "no_pending_setup") throw error;
    forgetSetup();
    await showState();
    alertIn(visibleStep(), error.message);
    return;
  }
  forgetSetup();
  announce("");
  show(steps, "codes");
});
