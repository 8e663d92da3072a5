/** Texts and moments of the API, in their places. */

const { isolate, language, relative, say } = await import(
  document.getElementById("authkit-base").href
);

export const exactly = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** Put a text in its place in an item of a list. */
export function fill(item, name, text) {
  item.querySelector(`[data-fill="${name}"]`).textContent = text;
}

/** Put a moment that has passed in its place: how long ago, and exactly. */
export function fillTime(item, name, moment) {
  // Clocks differ: what has happened is not said to be ahead.
  fillMoment(item, name, moment, relative(Math.min(0, secondsUntil(moment))));
}

/** Put the end of something in its place: within a year in how many days, and exactly. */
export function fillEnd(item, name, moment) {
  const days = secondsUntil(moment) / 86_400;
  const inDays = new Intl.RelativeTimeFormat(language).format(Math.round(days), "day");
  fillMoment(item, name, moment, days > 1 && days < 366 ? inDays : relative(days * 86_400));
}

const secondsUntil = (moment) => (new Date(moment) - Date.now()) / 1_000;

function fillMoment(item, name, moment, distance) {
  const time = item.querySelector(`time[data-fill="${name}"]`);
  time.dateTime = moment;
  const exact = exactly.format(new Date(moment));
  time.textContent = say("when", { relative: distance, exact });
}

/** Return several texts that others have chosen as one: "a, b and c". */
export const listed = (texts) => isolate(new Intl.ListFormat(language).format(texts));
