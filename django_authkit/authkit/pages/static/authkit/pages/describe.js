/** Words for what the API tells of a client, of a log-in and of a moment. */

const { language, relative, say } = await import(
  document.getElementById("authkit-forms").href
);

export const exactly = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

/** In their order: Edge also calls itself Chrome, and Chrome also calls itself Safari. */
const BROWSERS = [
  [/\bEdgA?(iOS)?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/\b(Chrome|Chromium|CriOS|HeadlessChrome)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

const named = (table, text) => table.find(([pattern]) => pattern.test(text))?.[1];

/** Return a program in words. What it says of itself may be false. */
export function program(userAgent) {
  const browser = named(BROWSERS, userAgent);
  const system = named(SYSTEMS, userAgent);
  if (browser && system) return say("browser-on-system", { browser, system });
  // A program that is no browser: "curl/8.5.0".
  const product = userAgent.match(/^[\w .-]{1,40}(?=\/)/)?.[0];
  return browser ?? (product !== "Mozilla" && product) ?? system ?? say("unknown-program");
}

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

/** Return how a user has logged in (RFC 8176), in words. */
export function methods(amr) {
  return amr.includes("mfa") ? say("with-factor") : say("without-factor");
}

/** Return a text that others have chosen so that it cannot turn the text around it. */
export const isolate = (text) => `\u2068${text}\u2069`;

/** Return several such texts as one: "a, b and c". */
export const listed = (texts) => isolate(new Intl.ListFormat(language).format(texts));
