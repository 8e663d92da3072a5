const { onLink } = await import(document.getElementById("authkit-mailed-link").href);
const { ask } = await import(document.getElementById("authkit-api").href);
const { clearErrors, onSubmit, show } = await import(document.getElementById("authkit-forms").href);

const steps = [...document.querySelectorAll("[data-step]")];
const form = document.getElementById("authkit-password-reset-confirm");

let link = null;

onLink((found) => {
  link = found;
  form.reset();
  clearErrors(form);
  show(steps, found?.uid ? "choose" : "invalid", { focus: false });
});

onSubmit(form, async ({ new_password }) => {
  const { uid, token } = link;
  try {
    await ask("password/reset/confirm/", { uid, token, new_password });
  } catch (error) {
    if (error.code !== "link_invalid") throw error;
    finish("invalid");
    return;
  }
  finish("done");
});

/** Show how it ended; what was typed and the token are not kept. */
function finish(step) {
  link = null;
  form.reset();
  show(steps, step);
}
