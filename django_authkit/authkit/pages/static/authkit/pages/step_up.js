/** Asks again who the user is where the API wants a fresh proof; the request is then repeated. */

const { Cancelled, call, onStepUp, reauthenticate } = await import(
  document.getElementById("authkit-api").href
);
const { dialogOf } = await import(document.getElementById("authkit-dialogs").href);

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

onStepUp(() => {
  // Several requests may want it at once; the user is asked once.
  asking ??= ask().finally(() => {
    asking = null;
  });
  return asking;
});
