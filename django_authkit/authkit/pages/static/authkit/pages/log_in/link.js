/** The links of mails. Nothing is done until the user says so: programs open links, too. */

// Before the other scripts are there: it takes the token out of the address bar.
const { onLink } = await import(document.getElementById("authkit-mailed-link").href);
const { module, show } = await import(document.getElementById("authkit-base").href);
const { ask } = await module("authkit-api");
const { clearErrors, messagesOf, onSubmit } = await module("authkit-forms");

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

function open(link) {
  token = link?.token ?? null;
  // The word is of the mail, and words alone: the token decides what is done.
  const known = sentences.some((sentence) => isOf(sentence, link?.action));
  const action = known ? link.action : "other";
  for (const sentence of sentences) sentence.hidden = !isOf(sentence, action);
  password.autocomplete = action === "first_password" ? "new-password" : "current-password";
  askForPassword(WITH_PASSWORD.includes(action));
  show(steps, token ? "ask" : "invalid", { focus: false });
}

onLink(open, () => {
  form.reset();
  clearErrors(form);
});

onSubmit(form, async (values) => {
  try {
    await ask("email/verify/", { token, ...values });
  } catch (error) {
    if (error.code === "link_invalid") return finish("invalid");
    if (!messagesOf(error).has("password") || !password.disabled) throw error;
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
