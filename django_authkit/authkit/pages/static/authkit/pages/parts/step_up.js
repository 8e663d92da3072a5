/** Asks again who the user is where the API wants a fresh proof; the request is then repeated. */

const { module } = await import(document.getElementById("authkit-base").href);
const { Cancelled, call, reauthenticate } = await module("authkit-api");
const { dialogOf } = await module("authkit-dialogs");

const dialog = document.getElementById("authkit-step-up");
const open = dialogOf(dialog, reauthenticate);
let asking = null;

async function ask() {
  const { totp } = await call("GET", "2fa/");
  for (const field of dialog.querySelectorAll("[data-proof]")) {
    field.hidden = field.dataset.proof !== (totp.enabled ? "code" : "password");
    field.querySelector("input").disabled = field.hidden;
  }
  if (!(await open())) throw new Cancelled();
}

/** Ask for the proof. Throws `Cancelled` where the user closes the dialog. */
export function askAgain() {
  // Several requests may want it at once; the user is asked once.
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
}
