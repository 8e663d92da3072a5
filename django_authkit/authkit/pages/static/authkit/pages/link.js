/** The links of mails. Nothing is done until the user says so: programs open links, too. */

const { onLink } = await import(document.getElementById("authkit-mailed-link").href);
const { ask } = await import(document.getElementById("authkit-api").href);
const { clearErrors, onSubmit, show } = await import(document.getElementById("authkit-forms").href);

const steps = [...document.querySelectorAll("[data-step]")];
const form = document.getElementById("authkit-link");
const password = form.elements.namedItem("password");
/** What is said of some of the actions alone. */
const sentences = [...document.querySelectorAll("[data-action]")];
const isOf = (sentence, action) => sentence.dataset.action.split(" ").includes(action);

/** What takes a password; of another action the API says so. */
const WITH_PASSWORD = ["registration", "email_verification", "first_password"];

let token = null;

function askForPassword(wanted) {
  password.closest("[data-password]").hidden = !wanted;
  password.disabled = !wanted;
}

onLink((link) => {
  token = link?.token ?? null;
  form.reset();
  clearErrors(form);
  // The word is of the mail, and words alone: the token decides what is done.
  const known = sentences.some((sentence) => isOf(sentence, link?.action));
  const action = known ? link.action : "other";
  for (const sentence of sentences) sentence.hidden = !isOf(sentence, action);
  password.autocomplete = action === "first_password" ? "new-password" : "current-password";
  askForPassword(WITH_PASSWORD.includes(action));
  show(steps, token ? "ask" : "invalid", { focus: false });
});

onSubmit(form, async (values) => {
  try {
    await ask("email/verify/", { token, ...values });
  } catch (error) {
    if (error.code === "link_invalid") return finish("invalid");
    if (!error.fields?.has("password") || !password.disabled) throw error;
    askForPassword(true);
    password.focus();
    return undefined;
  }
  return finish("done");
});

function finish(step) {
  token = null;
  form.reset();
  show(steps, step);
}
