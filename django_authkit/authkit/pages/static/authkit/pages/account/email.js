const { announce, isolate, load, module, onPress, say } = await import(
  document.getElementById("authkit-base").href
);
const { ask, call } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");

const part = document.getElementById("authkit-email");
const form = document.getElementById("authkit-email-form");
const resend = part.querySelector("[data-resend]");
const { emailField } = part.dataset;

let present = "";

load(part, async () => {
  const [profile, { totp }] = await Promise.all([call("GET", "me/"), call("GET", "2fa/")]);
  present = profile[emailField] ?? "";
  part.querySelector('[data-fill="email"]').textContent = present || say("no-email");
  // Accounts that were made by other means are not asked.
  part.querySelector("[data-unverified]").hidden = profile.email_verified !== false;
  for (const proof of form.querySelectorAll("[data-of]")) {
    proof.hidden = proof.dataset.of !== (totp.enabled ? "code" : "password");
    proof.querySelector("input").disabled = proof.hidden;
  }
  form.hidden = false; // what stands above it moves it no more
});

onSubmit(form, async (values) => {
  await call("POST", "email/change/", values);
  const confirmed = !(values.password || values.code) && present;
  form.reset();
  announce(say(confirmed ? "sent-to-present" : "sent-to-new", { email: isolate(values.email) }));
  part.querySelector("h1").focus();
});

if (resend) {
  onPress(resend, async () => {
    await ask("email/verify/resend/", { email: present });
    announce(say("sent-again"));
  });
}
