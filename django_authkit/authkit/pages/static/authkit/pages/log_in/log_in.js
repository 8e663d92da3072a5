const { alertIn, announce, module, say, show } = await import(
  document.getElementById("authkit-base").href
);
const { completeLogIn, logIn } = await module("authkit-api");
const { onSubmit } = await module("authkit-forms");

const NEXT = document.querySelector('meta[name="authkit-next-url"]').content;

const steps = [...document.querySelectorAll("[data-step]")];
const password = document.getElementById("authkit-log-in");
const second = document.getElementById("authkit-second-factor");
const timer = document.getElementById("authkit-timer");
const tries = document.getElementById("authkit-tries");
const code = second.elements.namedItem("code");

// The address may be shared or kept: only words that are known are shown.
const reason = new URLSearchParams(location.search).get("reason");
if (["ended", "logged-out", "account-deleted"].includes(reason)) {
  announce(say(reason), { isSuccess: reason !== "ended" });
}

let challenge = null;
let ticking = null;

/** How many codes the challenge still accepts, and the refusals that use one up. */
let left = 0;
const COUNTED = [401, 423, 429];

function done() {
  // Not one page further in the history: Back must not lead to a form that is spent.
  location.replace(NEXT);
  return new Promise(() => undefined);
}

function startAgain(text) {
  clearInterval(ticking);
  challenge = null;
  second.reset();
  password.elements.namedItem("password").value = "";
  show(steps, "password", { focus: false });
  alertIn(password, text);
}

/** Show how long the challenge lives. */
function countDown(seconds) {
  const end = Date.now() + seconds * 1_000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1_000));
    const minutes = Math.floor(left / 60);
    const time = `${minutes}:${String(left % 60).padStart(2, "0")}`;
    timer.textContent = say("expires", { time });
    if (left === 0) startAgain(say("expired"));
  };
  clearInterval(ticking);
  ticking = setInterval(tick, 1_000);
  tick();
}

/** Show how many codes may still be wrong; nothing as long as none was. */
function countTries(number) {
  left = number;
  const all = Number(second.dataset.tries);
  tries.textContent = left < all ? say("tries", { number: left }) : "";
}

/** Ask for a code of the app, or for a recovery code. */
function askFor(method) {
  second.dataset.method = method;
  for (const part of second.querySelectorAll("[data-method]")) {
    part.hidden = part.dataset.method !== method;
  }
  const recovery = method === "recovery_code";
  code.value = "";
  code.inputMode = recovery ? "text" : "numeric";
  code.autocomplete = recovery ? "off" : "one-time-code";
  code.setAttribute("aria-describedby", `authkit-code-error authkit-tries authkit-code-help-${method}`);
  code.focus();
}

onSubmit(password, async (values) => {
  challenge = await logIn(values);
  if (!challenge) return done();
  password.elements.namedItem("password").value = "";
  countDown(challenge.expires_in);
  countTries(Number(second.dataset.tries));
  alertIn(second, "");
  announce("");
  show(steps, "second-factor", { focus: false });
  const { methods } = challenge;
  for (const button of second.querySelectorAll("[data-use]")) {
    button.hidden = !methods.includes(button.dataset.use);
  }
  return askFor(methods.includes("totp") ? "totp" : methods[0]);
});

onSubmit(second, async (values) => {
  try {
    await completeLogIn(challenge.challenge, values.code);
  } catch (error) {
    if (COUNTED.includes(error.status)) countTries(left - 1);
    if (error.code !== "invalid_challenge" && left > 0) throw error;
    startAgain(say("expired"));
    return undefined;
  }
  clearInterval(ticking);
  return done();
});

for (const button of second.querySelectorAll("[data-use]")) {
  button.addEventListener("click", () => {
    alertIn(second, "");
    askFor(button.dataset.use);
  });
}
second.querySelector("[data-back]").addEventListener("click", () => {
  startAgain("");
  password.elements.namedItem("password").focus();
});
