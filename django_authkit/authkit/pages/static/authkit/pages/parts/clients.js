/** Words for the program with which a user has logged in, and for how. */

const { isolate, say } = await import(document.getElementById("authkit-base").href);

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

/** Return a program in words of the page. What it says of itself may be false. */
export function program(userAgent) {
  const browser = named(BROWSERS, userAgent);
  const system = named(SYSTEMS, userAgent);
  if (browser && system) return say("browser-on-system", { browser, system });
  // A program that is no browser: "curl/8.5.0".
  const product = userAgent.match(/^(?!Mozilla\/)[\w .-]{1,40}(?=\/)/)?.[0];
  return browser ?? (product && isolate(product)) ?? system ?? say("unknown-program");
}

/** Return how a user has logged in (RFC 8176), in words. */
export function methods(amr) {
  return amr.includes("mfa") ? say("with-factor") : say("without-factor");
}
