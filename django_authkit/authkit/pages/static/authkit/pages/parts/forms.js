/**
 * Forms that are sent by scripts: once, whatever is clicked, with errors that are announced, focused
 * and tied to their fields.
 */

const { alertIn, announce, explain, once, say } = await import(
  document.getElementById("authkit-base").href
);

/** What the page itself finds wrong in a field, and does not send. */
export class Invalid extends Error {
  constructor(name, text) {
    super(text);
    this.fields = new Map([[name, [text]]]);
  }
}

/**
 * Returns the messages of an error by field: of the page itself, REST framework, problem details
 * (RFC 9457) or drf-standardized-errors.
 */
export function messagesOf({ fields: found, body }) {
  if (found) return found;
  const fields = new Map();
  const add = (path, messages) => {
    // Of a list that was sent for one field, "allowed_networks/1" is the second.
    const [name, position] = path.split(/[./]/);
    const of = /^\d+$/.test(position) ? `${Number(position) + 1}: ` : "";
    const texts = messages.map((message) => `${of}${message}`);
    fields.set(name, [...(fields.get(name) ?? []), ...texts]);
  };
  if (Array.isArray(body?.errors)) {
    for (const { pointer, attr, detail } of body.errors) {
      const path = pointer?.startsWith("#/") ? pointer.slice(2) : attr;
      if (path) add(path, [detail]);
    }
  } else {
    for (const [name, messages] of Object.entries(body ?? {})) {
      if (Array.isArray(messages)) add(name, messages);
      else if (messages && typeof messages === "object") {
        for (const [position, those] of Object.entries(messages)) {
          if (Array.isArray(those)) add(`${name}/${position}`, those);
        }
      }
    }
  }
  return fields;
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
  for (const field of known) showError(field, messages.get(field.name).join("\n"));
  if (known.length) announce("");
  known[0]?.focus();
  const names = new Set(known.map((field) => field.name));
  return [...messages].filter(([name]) => !names.has(name)).flatMap(([, texts]) => texts);
}

/** The fields of a form that are not empty, as they were typed. */
export function valuesOf(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
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
  const messages = messagesOf(error);
  const others = showErrors(form, messages);
  if (messages.size && !others.length) return;
  alertIn(form, others.join("\n") || explain(error));
}

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
