const { load, module, show } = await import(document.getElementById("authkit-base").href);
const { call, logOut } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");

const part = document.getElementById("authkit-delete");
const steps = [...part.querySelectorAll("[data-step]")];
const form = part.querySelector("form");
const sure = document.getElementById("authkit-delete-sure");
const send = form.querySelector('[type="submit"]');
const code = document.getElementById("authkit-delete-code");

load(part, async () => {
  const [profile, { totp }] = await Promise.all([call("GET", "me/"), call("GET", "2fa/")]);
  part.querySelector('[data-fill="username"]').textContent =
    profile[part.dataset.usernameField] ?? "";
  code.disabled = !totp.enabled;
  code.closest(".authkit-field").hidden = code.disabled;
  show(steps, "form", { focus: false });
});

onSubmit(form, async (proof) => {
  // An object where a link is mailed first, and nothing where the account is gone.
  const accepted = await call("DELETE", "me/", proof);
  form.reset();
  if (accepted) {
    show(steps, "mailed");
    return;
  }
  await logOut("account-deleted").catch(() => show(steps, "deleted"));
});

send.disabled = true;
sure.checked = false; // browsers restore it after a reload
sure.addEventListener("change", () => {
  send.disabled = !sure.checked;
});
