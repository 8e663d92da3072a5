/** The dialogs that rotate a key and revoke it. */

const { announce, module, say, show } = await import(document.getElementById("authkit-base").href);
const { call } = await module("authkit-api");
const { Invalid } = await module("authkit-forms");
const { exactly, fill } = await module("authkit-describe");
const { dialogOf } = await module("authkit-dialogs");
const { showKey } = await module("authkit-new-key");

const element = (id) => document.getElementById(id);

const steps = [...element("authkit-api-keys").querySelectorAll("[data-step]")];
const rotateDialog = element("authkit-rotate");
const revokeDialog = element("authkit-revoke");

let chosenKey = null;

/** What to do once the key is revoked; the dialog stays open where it fails. */
let afterRevoking = null;

const pathOf = (key) => `api-keys/${encodeURIComponent(key.id)}/`;

const askRotate = dialogOf(rotateDialog, async ({ overlap_seconds: seconds }) => {
  const overlap = Number(seconds);
  const made = await call("POST", `${pathOf(chosenKey)}rotate/`, { overlap_seconds: overlap });
  const when = made.overlap_ends_at && exactly.format(new Date(made.overlap_ends_at));
  showKey(made, when ? say("overlap", { when }) : say("no-overlap"));
  announce("");
  show(steps, "new", { focus: false });
});

const askRevoke = dialogOf(revokeDialog, async ({ name }) => {
  if (name.trim().normalize() !== chosenKey.name.trim().normalize()) {
    throw new Invalid("name", say("other-name"));
  }
  await call("DELETE", pathOf(chosenKey)).catch((error) => {
    if (error.status !== 404) throw error; // it has been revoked already
  });
  await afterRevoking();
});

/** Returns whether the key was rotated; the new one is on the screen then. */
export function rotate(key) {
  chosenKey = key;
  fill(rotateDialog, "name", key.name);
  return askRotate();
}

/** Returns whether the key was revoked. */
export function revoke(key, after) {
  chosenKey = key;
  afterRevoking = after;
  fill(revokeDialog, "name", key.name);
  return askRevoke();
}
