const { announce, module, onPress, say, show } = await import(
  document.getElementById("authkit-base").href
);
const { ask } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");

const steps = [...document.querySelectorAll("[data-step]")];
const sent = steps.find((step) => step.dataset.step === "sent");
const form = document.getElementById("authkit-register");
const { emailField } = form.dataset;

let email = "";

onSubmit(form, async (values) => {
  // A box that is not ticked would be missing, which is not the same as false.
  for (const box of form.querySelectorAll('[type="checkbox"][name]')) values[box.name] = box.checked;
  await ask("register/", values);
  email = values[emailField];
  sent.querySelector("[data-fill]").textContent = email;
  announce("");
  show(steps, "sent");
  // Passwords do not stay in the page; the rest does, for a correction.
  for (const password of form.querySelectorAll('[type="password"]')) password.value = "";
});

onPress(sent.querySelector("[data-resend]"), async () => {
  await ask("email/verify/resend/", { email });
  announce(say("sent-again"));
});

onPress(sent.querySelector("[data-back]"), async () => {
  announce("");
  show(steps, "ask", { focus: false });
  form.elements.namedItem(emailField).select();
});
