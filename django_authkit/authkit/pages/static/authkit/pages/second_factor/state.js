/** Whether the second factor is on; from there the page goes on to its other steps. */

const { language, module, say, show } = await import(document.getElementById("authkit-base").href);
const { call } = await module("authkit-api");

const element = (id) => document.getElementById(id);

export const steps = [...element("authkit-second-factor").querySelectorAll("[data-step]")];
export const stepNamed = (name) => steps.find((step) => step.dataset.step === name);
export const visibleStep = () => steps.find((step) => !step.hidden);

/** Of so many codes or fewer the page warns, as a mail does. */
const FEW = 3;

/** Show whether the second factor is on. */
export async function showState({ focus = true } = {}) {
  const { totp, recovery_codes_left: left } = await call("GET", "2fa/");
  const on = stepNamed("on");
  if (totp.enabled) {
    const since = new Date(totp.confirmed_at);
    const date = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(since);
    on.querySelector('[data-fill="since"]').textContent = say("on-since", { date });
    const number = new Intl.NumberFormat(language).format(left);
    on.querySelector('[data-fill="left"]').textContent = say("codes-left", { number });
    on.querySelector("[data-few]").hidden = left > FEW;
  }
  show(steps, totp.enabled ? "on" : "off", { focus });
}
