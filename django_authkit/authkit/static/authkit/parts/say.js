/** What scripts stand on: modules, and words. */

/** Return what a module exports, by the id of the element that names it in the head of the page. */
export function module(id) {
  const { href, content } = document.getElementById(id);
  return import(href ?? content);
}

const words = document.getElementById("authkit-words").content;

/** Return a text of the page in its language, with values in place of {names}. */
export function say(name, values = {}) {
  const text = words.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/**
 * Tell the user what has happened; a screen reader reads it, and the focus stays. What the user has
 * to do is no success, and does not look like one.
 */
export function announce(text, { isSuccess = true } = {}) {
  const status = document.getElementById("authkit-status");
  status.textContent = text;
  status.classList.toggle("authkit-note", !isSuccess);
}
