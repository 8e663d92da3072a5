const { ask } = await import(document.getElementById("authkit-api").href);
const { announce, onPress, onSubmit, say, show } = await import(
  document.getElementById("authkit-forms").href
);

const steps = [...document.querySelectorAll("[data-step]")];
const sent = steps.find((step) => step.dataset.step === "sent");
const form = document.getElementById("authkit-register");
const { emailField } = form.dataset;

let email = "";

onSubmit(form, async (values) => {
  await ask("register/", values);
  email = values[emailField];
  sent.querySelector("[data-fill]").textContent = email;
  announce("");
  show(steps, "sent");
  // The password does not stay in the page; the rest does, for a correction.
  form.elements.namedItem("password").value = "";
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
