const { announce, load, module, say } = await import(document.getElementById("authkit-base").href);
const { call } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");

const part = document.getElementById("authkit-password");
const form = document.getElementById("authkit-password-form");

// So that a password manager knows whose password it is; and a page without a session leaves.
load(part, async () => {
  const profile = await call("GET", "me/");
  document.getElementById("authkit-username").value = profile[part.dataset.usernameField] ?? "";
});

onSubmit(form, async ({ current_password, new_password }) => {
  await call("POST", "password/change/", { current_password, new_password });
  form.reset();
  announce(say("password-changed"));
  part.querySelector("h1").focus();
});
