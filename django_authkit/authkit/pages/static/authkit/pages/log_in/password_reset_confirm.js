// Before the other scripts are there: it takes the token out of the address bar.
const { onLink } = await import(document.getElementById("authkit-mailed-link").href);
const { module, show } = await import(document.getElementById("authkit-base").href);
const { ask } = await module("authkit-api");
const { clearErrors, onSubmit } = await module("authkit-forms");

const steps = [...document.querySelectorAll("[data-step]")];
const form = document.getElementById("authkit-password-reset-confirm");

let link = null;

function open(found) {
  link = found;
  show(steps, found?.uid ? "choose" : "invalid", { focus: false });
}

onLink(open, () => {
  form.reset();
  clearErrors(form);
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
