/** A step with what is shown once: it is left when the user says that it is stored. */

const warn = (event) => event.preventDefault();

/** Return what begins such a step, and ends it. */
export function shownOnce(step) {
  const stored = step.querySelector('input[type="checkbox"]');
  const done = step.querySelector("[data-done]");

  const wait = (waits) => {
    done.disabled = waits;
    if (waits) addEventListener("beforeunload", warn);
    else removeEventListener("beforeunload", warn);
  };
  stored.addEventListener("change", () => wait(!stored.checked));
  return {
    begin() {
      stored.checked = false;
      wait(true);
    },
    end: () => wait(false),
  };
}
