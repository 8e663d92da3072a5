const { module, onPress, show } = await import(document.getElementById("authkit-base").href);
const { ask } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");

const steps = [...document.querySelectorAll("[data-step]")];
const sent = steps.find((step) => step.dataset.step === "sent");
const form = document.getElementById("authkit-password-reset");

onSubmit(form, async ({ email }) => {
  await ask("password/reset/", { email });
  sent.querySelector("[data-fill]").textContent = email;
  show(steps, "sent");
});

onPress(sent.querySelector("[data-back]"), async () => {
  show(steps, "ask", { focus: false });
  form.elements.namedItem("email").focus();
});
