const { call } = await import(document.getElementById("authkit-api").href);
const { announce, language, load, onPress, relative, say } = await import(
  document.getElementById("authkit-forms").href
);

const part = document.getElementById("authkit-sessions");
const list = part.querySelector("ul");
const others = document.getElementById("authkit-end-others");
const exactly = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });

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
function program(userAgent) {
  const browser = named(BROWSERS, userAgent);
  const system = named(SYSTEMS, userAgent);
  if (browser && system) return say("browser-on-system", { browser, system });
  // A program that is no browser: "curl/8.5.0".
  const product = userAgent.match(/^[\w .-]{1,40}(?=\/)/)?.[0];
  return browser ?? (product !== "Mozilla" && product) ?? system ?? say("unknown-program");
}

function fill(item, name, text) {
  item.querySelector(`[data-fill="${name}"]`).textContent = text;
}

function fillTime(item, name, moment) {
  const time = item.querySelector(`time[data-fill="${name}"]`);
  const date = new Date(moment);
  time.dateTime = moment;
  const when = relative(Math.min(0, (date - Date.now()) / 1_000));
  time.textContent = say("when", { relative: when, exact: exactly.format(date) });
}

function itemOf(session) {
  const item = document.getElementById("authkit-session").content.cloneNode(true).firstElementChild;
  const name = program(session.user_agent ?? "");
  fill(item, "program", name);
  item.querySelector("[data-current]").hidden = !session.current;
  fillTime(item, "created", session.created_at);
  fillTime(item, "used", session.last_used_at);
  fill(item, "ip", session.ip ?? say("unknown-ip"));
  const mfa = session.amr.includes("mfa");
  fill(item, "methods", mfa ? say("with-factor") : say("without-factor"));
  const replayed = item.querySelector("[data-replayed]");
  replayed.hidden = !session.replayed_at;
  if (session.replayed_at) fillTime(replayed, "replayed", session.replayed_at);
  const end = item.querySelector("button");
  end.hidden = session.current;
  end.setAttribute("aria-label", say("end-session", { program: name }));
  onPress(end, async () => {
    await call("DELETE", `sessions/${encodeURIComponent(session.id)}/`).catch((error) => {
      if (error.status !== 404) throw error; // it has ended already
    });
    item.remove();
    others.hidden = list.children.length < 2;
    announce(say("session-ended", { program: name }));
    part.querySelector("h1").focus();
  });
  return item;
}

const refresh = async () => {
  const sessions = await call("GET", "sessions/");
  sessions.sort((one, other) => other.current - one.current);
  list.replaceChildren(...sessions.map(itemOf));
  others.hidden = sessions.length < 2;
};

onPress(others, async () => {
  await call("DELETE", "sessions/");
  await refresh();
  announce(say("others-ended"));
  part.querySelector("h1").focus();
});
load(part, refresh);
