const { language, load, module, say } = await import(document.getElementById("authkit-base").href);
const { call } = await module("authkit-api");

const part = document.getElementById("authkit-overview");
const fill = (name, text) => {
  // A template of the project, or a page that it does not include, may lack it.
  const place = part.querySelector(`[data-fill="${name}"]`);
  if (place) place.textContent = text;
};
const number = new Intl.NumberFormat(language);

load(part, async () => {
  const [profile, factor, sessions] = await Promise.all([
    call("GET", "me/"),
    call("GET", "2fa/"),
    call("GET", "sessions/"),
  ]);
  fill("username", profile[part.dataset.usernameField] ?? "");
  fill("second-factor", say(factor.totp.enabled ? "on" : "off"));
  fill("sessions", number.format(sessions.length));
});
