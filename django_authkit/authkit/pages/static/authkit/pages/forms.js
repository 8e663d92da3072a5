/**
 * Forms that are sent by scripts: once, whatever is clicked, with errors that are announced, focused
 * and tied to their fields.
 */

const { Cancelled, Refusal, Unreachable } = await import(
  document.getElementById("authkit-api").href
);

const words = document.getElementById("authkit-words").content;

/** Return a text of the page in its language, with values in place of {names}. */
export function say(name, values = {}) {
  const text = words.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** The language of the page for dates and numbers; that of the browser where it has no such one. */
export const language = canonical(document.documentElement.lang);

function canonical(tag) {
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    return undefined;
  }
}

const STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Infinity],
];

/** Return seconds from now, or ago if negative, in words: "in 12 minutes", "3 days ago", "now". */
export function relative(seconds) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  // What is past is known to the minute.
  let amount = seconds > -60 && seconds < 0 ? 0 : seconds;
  for (const [unit, size] of STEPS) {
    // Never less than what is left: who comes back too early is refused again.
    const whole = amount > 0 ? Math.ceil(amount) : Math.trunc(amount);
    if (Math.abs(whole) < size) return format.format(whole, unit);
    amount /= size;
  }
  return "";
}

/** What the page itself finds wrong in a field, and does not send. */
export class Invalid extends Error {
  constructor(name, text) {
    super(text);
    this.fields = new Map([[name, [text]]]);
  }
}

/** Return what is wrong in a sentence. */
export function explain(error) {
  if (error instanceof Cancelled) return "";
  if (error instanceof Unreachable) return say("unreachable");
  if (!(error instanceof Refusal)) throw error;
  const sentence = error.message || say("refused");
  if (error.code === "account_locked") return `${sentence} ${say("locked")}`;
  if (error.retryAfter && [429, 503].includes(error.status)) {
    return `${sentence} ${say("retry", { when: relative(error.retryAfter) })}`;
  }
  return sentence;
}

/** Tell the user what has happened; a screen reader reads it, and the focus stays. */
export function announce(text) {
  document.getElementById("authkit-status").textContent = text;
}

/** Show an alert of a part of the page, and focus it. */
export function alertIn(part, text) {
  const box = part.querySelector("[role=alert]");
  box.textContent = text;
  box.hidden = !text;
  if (text) box.focus();
}

const errorOf = (field) => document.getElementById(`${field.id}-error`);

function showError(field, text) {
  const error = errorOf(field);
  error.textContent = text;
  error.hidden = !text;
  if (text) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && errorOf(field));

/** Show messages by field name; focus the first. Returns those that belong to no field. */
function showErrors(form, messages) {
  const known = fieldsOf(form).filter((field) => messages.has(field.name));
  for (const field of known) showError(field, messages.get(field.name).join(" "));
  known[0]?.focus();
  const names = new Set(known.map((field) => field.name));
  return [...messages].filter(([name]) => !names.has(name)).flatMap(([, texts]) => texts);
}

/** The fields of a form that are not empty, as they were typed. */
export function valuesOf(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
}

/** Keep a control from being used twice while work is under way. Returns what the work returns. */
export async function once(control, work) {
  if (control.getAttribute("aria-busy") === "true") return undefined;
  control.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    control.removeAttribute("aria-busy");
  }
}

/** Do the work when the form is sent; show why it failed. */
export function onSubmit(form, work) {
  form.noValidate = true; // the browser would speak its own language
  // Before, the browser would have sent it itself.
  form.querySelector('[type="submit"]').disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    once(form, () => submit(form, work));
  });
}

/** Take the errors of a form away. */
export function clearErrors(form) {
  alertIn(form, "");
  for (const field of fieldsOf(form)) showError(field, "");
}

async function submit(form, work) {
  clearErrors(form);
  const empty = fieldsOf(form).filter((field) => field.required && !field.disabled && !field.value);
  if (empty.length) {
    showErrors(form, new Map(empty.map((field) => [field.name, [say("required")]])));
    return;
  }
  try {
    await work(valuesOf(form));
  } catch (error) {
    showRefusal(form, error);
  }
}

/** Show why a form was refused: at a field where the API names it, or where the code is about it. */
function showRefusal(form, error) {
  const about = fieldsOf(form).find((field) => field.dataset.refusedBy === error.code);
  if (about && error.code) {
    showErrors(form, new Map([[about.name, [say(error.code) || error.message]]]));
    about.select();
    return;
  }
  const others = error.fields ? showErrors(form, error.fields) : [];
  if (error.fields?.size && !others.length) return;
  alertIn(form, others.join(" ") || explain(error));
}

/** Do the work when the button is pressed; show in its part of the page why it failed. */
export function onPress(button, work) {
  button.addEventListener("click", () => {
    const part = button.closest("[data-part]");
    once(button, async () => {
      alertIn(part, "");
      try {
        await work();
      } catch (error) {
        alertIn(part, explain(error));
      }
    });
  });
}

/** Load what a page shows; where that fails, say why, and offer to try again. */
export async function load(part, work) {
  const [again] = part.getElementsByClassName("authkit-again");
  const run = async () => {
    part.setAttribute("aria-busy", "true");
    again.hidden = true;
    try {
      alertIn(part, "");
      await work();
    } catch (error) {
      again.hidden = false;
      alertIn(part, explain(error));
    } finally {
      part.removeAttribute("aria-busy");
    }
  };
  again.addEventListener("click", run);
  await run();
}

/** Show one of the steps of a page, and put the focus on its heading. */
export function show(steps, name, { focus = true } = {}) {
  for (const step of steps) step.hidden = step.dataset.step !== name;
  const shown = steps.find((step) => !step.hidden);
  if (focus) shown?.querySelector("h1, h2, [autofocus]")?.focus();
}

// --- everywhere -----------------------------------------------------------------------------

for (const button of document.querySelectorAll("[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  // A password that is shown must not be kept as text by the browser.
  field.form.addEventListener("submit", () => {
    field.type = "password";
    button.setAttribute("aria-pressed", "false");
  });
}
