/** A key that was just made: shown once, to be stored somewhere else before the page goes on. */

const { module, say } = await import(document.getElementById("authkit-base").href);
const { hold } = await module("authkit-api");
const { fill } = await module("authkit-describe");
await module("authkit-copy");
const { shownOnce } = await module("authkit-shown-once");

const step = document.querySelector('[data-step="new"]');
const key = document.getElementById("authkit-new-key-value");
const curl = document.getElementById("authkit-curl");
const old = step.querySelector('[data-fill="old"]');
const once = shownOnce(step);

/** Show a new key; the page goes on when the user says that it is stored. */
export function showKey(made, aboutOld = "") {
  fill(step, "name", made.name);
  key.textContent = made.key;
  curl.textContent = say("curl", { origin: location.origin, key: made.key }).trim();
  old.textContent = aboutOld;
  old.hidden = !aboutOld;
  hold(true);
  once.begin();
}

/** Forget it: nothing of it stays in the page. */
export function forgetKey() {
  key.textContent = "";
  curl.textContent = "";
  once.end();
  hold(false);
}
