/** A key that was just made: shown once, to be stored somewhere else before the page goes on. */

const { announce, onPress, say } = await import(document.getElementById("authkit-forms").href);
const { fill } = await import(document.getElementById("authkit-describe").href);
const { shownOnce } = await import(document.getElementById("authkit-shown-once").href);

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
  once.begin();
}

/** Forget it: nothing of it stays in the page. */
export function forgetKey() {
  key.textContent = "";
  curl.textContent = "";
  once.end();
}

for (const button of step.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  onPress(button, async () => {
    const text = document.getElementById(button.dataset.copies).textContent;
    await navigator.clipboard.writeText(text);
    announce(say("copied"));
  });
}
