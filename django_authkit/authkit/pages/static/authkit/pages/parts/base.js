/** What the scripts of all pages stand on: modules, words, buttons, steps. */

export const { announce, module, say } = await import(
  document.getElementById("authkit-say").href
);
const { Cancelled, Refusal, Unreachable, onStepUp } = await module("authkit-api");

// --- modules ----------------------------------------------------------------------------------

/**
 * Return what a module exports that the page names and does not load before it is used. All of that
 * kind are loaded together, since they import each other. Throws `Unreachable` where one fails.
 */
export async function later(id) {
  const named = [...document.querySelectorAll('meta[name="authkit-later"]')];
  const loaded = await Promise.all(named.map(isLoaded));
  if (loaded.includes(false)) {
    // Browsers keep the failure of a module, and of what imports it: the next try has another URL.
    // Only now, when all have ended: what is still loading imports others by these.
    for (const meta of named.filter((_, index) => !loaded[index])) meta.content += "#";
    throw new Unreachable();
  }
  return module(id);
}

async function isLoaded(meta) {
  try {
    await module(meta.id);
    return true;
  } catch (error) {
    reportError(error);
    return false;
  }
}

// --- words ------------------------------------------------------------------------------------

/** Return a text that others have chosen so that it cannot turn the text around it. */
export const isolate = (text) => `\u2068${text}\u2069`;

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

/** Show an alert of a part of the page, and focus it. What was said to have happened goes. */
export function alertIn(part, text) {
  const box = part.querySelector("[role=alert]");
  box.textContent = text;
  box.hidden = !text;
  if (!text) return;
  announce("");
  box.focus();
}

// --- buttons, data and steps ---------------------------------------------------------------------

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

// --- a fresh proof of who the user is -------------------------------------------------------------

if (document.getElementById("authkit-step-up-module")) {
  onStepUp(async () => {
    const { askAgain } = await later("authkit-step-up-module");
    await askAgain();
  });
}
