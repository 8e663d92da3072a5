/**
 * The client of the endpoints. The access token is in memory, the refresh token in a cookie that no
 * script can read; all tabs share both.
 */

const setting = (name) => document.querySelector(`meta[name="authkit-${name}"]`).content;

const API = setting("api-url");
const COOKIE = setting("cookie-url");
const LOG_IN = setting("log-in-url");
const SECOND_FACTOR = setting("second-factor-url");

/**
 * Milliseconds. A refresh whose answer is lost is repeated at once. The second try, too, has to
 * fall into the grace of the API (10 seconds), in which a spent token gets the same pair again.
 */
const REFRESH_TIMEOUT = 4_000;
const TIMEOUT = 30_000;

/** For how many milliseconds the answer to a page that was left may be under way. */
const PATIENCE = 1_000;

/** For how many milliseconds a message to another tab may be under way. */
const DELIVERY = 2_000;

/** A proxy answers for a server that may have spent the token already. */
const LOST = [502, 504];

/** 401 of an access token; the cookie decides whether there is a session all the same. */
const REFUSED_TOKEN = ["token_expired", "session_ended", "token_invalid", "not_authenticated"];

/** The API refused: `code` is for programs, the message and what `body` says of fields for people. */
export class Refusal extends Error {
  constructor(answer, body) {
    const [first = {}] = Array.isArray(body?.errors) ? body.errors : [];
    super(body?.detail ?? first.detail ?? "");
    this.status = answer.status;
    this.code = body?.code ?? first.code ?? null;
    this.body = body;
    const wait = answer.headers.get("Retry-After") ?? "";
    this.retryAfter = /^\d+$/.test(wait) ? Number(wait) : null;
  }
}

/** The API was not reached, or did not answer as an API does. */
export class Unreachable extends Error {}

/** The user has closed the dialog that asked for a proof: nothing is done, and nothing is wrong. */
export class Cancelled extends Error {}

let token = null;

/** Called where the API asks for a fresh proof of who the user is; see `parts/step_up.js`. */
let prove = null;

export const onStepUp = (ask) => {
  prove = ask;
};

// --- all tabs of the browser ----------------------------------------------------------------

const NAME = `authkit ${COOKIE}`;
const tabs = new BroadcastChannel(NAME);
const isLogIn = location.pathname === LOG_IN;
/** A page for which it does not matter who is logged in: what happens in other tabs leaves it be. */
const isPublic = document.querySelector('meta[name="authkit-public"]') !== null;

let held = false;

/** Stay on this page, whatever other tabs do, as long as it shows what is shown once. */
export const hold = (stay) => {
  held = stay;
};

tabs.addEventListener("message", ({ data }) => {
  if (isPublic) return;
  if (data.token) token = data.token;
  if (held) return;
  if (data.type === "logged-in") {
    // This page may show what belongs to another user.
    if (isLogIn) location.replace(setting("next-url"));
    else location.reload();
  }
  if (data.type === "ended" && !isLogIn) leave(data.reason);
});

/** Returns when `isNewerElsewhere` says so in other tabs. */
function keep({ access, expires_in: seconds }, type = "refreshed") {
  const made = Date.now();
  token = { access, made, until: made + seconds * 1_000 };
  tabs.postMessage({ type, token });
  return announce(made);
}

// A lock passes on at once, a message takes longer. As long as that may be, the tab that made
// the newest token holds a lock that says when.
const MADE = `${NAME} made `;
const opened = Date.now(); // what was sent before is not for this page

function announce(made) {
  return new Promise((seen) => {
    navigator.locks?.request(MADE + made, { mode: "shared" }, () => {
      seen();
      return pause(DELIVERY);
    }) ?? seen();
  });
}

async function isNewerElsewhere() {
  const locks = (await navigator.locks?.query())?.held ?? [];
  const newest = MADE + (token?.made ?? opened);
  return locks.some(({ name }) => name.startsWith(MADE) && name > newest);
}

/** Without a secure context there are no Web Locks: then one tab still refreshes once. */
let last = Promise.resolve();
function locked(work) {
  if (navigator.locks) return navigator.locks.request(NAME, work);
  const mine = last.then(work);
  last = mine.catch(() => undefined);
  return mine;
}

// --- pages ------------------------------------------------------------------------------------

/** Lead to the log-in, and back to this page afterwards. Nothing of this page stays visible. */
function leave(reason) {
  token = null;
  document.body.hidden = true;
  const query = new URLSearchParams({ next: location.pathname + location.search });
  if (reason) query.set("reason", reason);
  location.replace(`${LOG_IN}?${query}`);
  return new Promise(() => undefined); // callers stop here
}

function ended(reason) {
  tabs.postMessage({ type: "ended", reason });
  return leave(reason);
}

// Browsers keep pages for Back, scripts and all: such a page must not come up again as it was.
let isLeft = false;
addEventListener("pagehide", ({ persisted }) => {
  isLeft = true; // requests fail from now on, and their answers may set the cookie all the same
  if (persisted) document.body.hidden = true;
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});

// --- requests ---------------------------------------------------------------------------------

async function send(url, init, timeout = TIMEOUT) {
  const headers = { "Accept-Language": document.documentElement.lang, ...init.headers };
  const signal = AbortSignal.timeout(timeout);
  try {
    return await fetch(url, { redirect: "error", cache: "no-store", ...init, headers, signal });
  } catch {
    throw new Unreachable();
  }
}

const json = (body) => ({
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

async function bodyOf(answer) {
  try {
    return await answer.clone().json();
  } catch {
    return null;
  }
}

async function result(answer) {
  const body = await bodyOf(answer);
  if (answer.ok) return body;
  if (body === null) throw new Unreachable();
  throw new Refusal(answer, body);
}

function sendCookie(path, body, timeout) {
  const { headers, body: text } = json(body);
  const init = {
    method: "POST",
    credentials: "same-origin",
    // The answer is wanted by the cookie, too, if the user leaves the page before it comes.
    keepalive: true,
    headers: { ...headers, "X-Authkit": "1" },
    body: text,
  };
  return send(new URL(path, new URL(COOKIE, location.href)), init, timeout);
}

function sendBearer(method, path, body, access) {
  const { headers, body: text } = body === undefined ? {} : json(body);
  return send(new URL(path, new URL(API, location.href)), {
    method,
    credentials: "omit",
    headers: { ...headers, Authorization: `Bearer ${access}` },
    body: text,
  });
}

async function sendRefresh() {
  try {
    const answer = await sendCookie("token/refresh/", {}, REFRESH_TIMEOUT);
    if (!LOST.includes(answer.status)) return answer;
  } catch {
    // No connection, or no answer in time.
    if (isLeft) throw new Unreachable();
  }
  return sendCookie("token/refresh/", {}, REFRESH_TIMEOUT);
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Storage that scripts of a browser without cookies cannot have; there the log-in fails, too. */
function storage() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

/**
 * Refresh, and note the time for the page that comes next. If the user leaves this page before the
 * answer, it sets the cookie all the same: a page that did not wait for it would send a spent token,
 * which looks like a copy.
 */
async function refreshOnce() {
  const began = Number(storage()?.getItem(NAME) ?? 0);
  const left = began + PATIENCE - Date.now();
  if (left > 0 && left <= PATIENCE) await pause(left);
  storage()?.setItem(NAME, String(Date.now()));
  try {
    return await sendRefresh();
  } finally {
    if (!isLeft) storage()?.removeItem(NAME);
  }
}

/** Return a token other than the one that was used: another tab may have been faster. */
async function refreshed(used) {
  const isNew = () => token && token.access !== used;
  const refusal = await locked(async () => {
    const until = (await isNewerElsewhere()) ? Date.now() + DELIVERY : 0;
    while (!isNew() && Date.now() < until) await pause(10);
    if (isNew()) return null;
    const answer = await refreshOnce();
    if (answer.status === 401) return (await codeOf(answer)) ?? "token_invalid";
    await keep(await result(answer));
    return null;
  });
  if (!refusal) return token.access;
  // Without a cookie there was no session to end.
  return ended(["session_ended", "token_reused"].includes(refusal) ? "ended" : null);
}

const present = () => (token && token.until > Date.now() ? token.access : refreshed(token?.access));

/**
 * Ask an endpoint as the user. Returns the body of the answer; throws `Refusal` or `Unreachable`.
 * Without a session it leads to the log-in and does not return.
 */
export async function call(method, path, body) {
  let access = await present();
  let answer = await sendBearer(method, path, body, access);
  let code = await codeOf(answer);
  if (answer.status === 401 && REFUSED_TOKEN.includes(code)) {
    access = await refreshed(access);
    answer = await sendBearer(method, path, body, access);
    code = await codeOf(answer);
  }
  if (code === "step_up_required" && prove) {
    await prove();
    return call(method, path, body);
  }
  if (answer.status === 401 && REFUSED_TOKEN.includes(code)) return leave("ended");
  const owes = code === "second_factor_enrolment_required";
  if (owes && SECOND_FACTOR && location.pathname !== SECOND_FACTOR) {
    location.replace(`${SECOND_FACTOR}?reason=required`);
    return new Promise(() => undefined);
  }
  return result(answer);
}

/** Ask an endpoint that takes no credential. */
export async function ask(path, body) {
  const init = { method: "POST", credentials: "omit", ...json(body) };
  return result(await send(new URL(path, new URL(API, location.href)), init));
}

async function codeOf(answer) {
  if (answer.ok) return null;
  const body = await bodyOf(answer);
  return body?.code ?? body?.errors?.[0]?.code ?? null;
}

// --- log in, prove again, log out ---------------------------------------------------------------

/** Returns a challenge where the account has a second factor, else null. */
export async function logIn(credentials) {
  const answer = await sendCookie("token/", credentials);
  const body = await result(answer);
  if (answer.status === 202) return body;
  keep(body, "logged-in");
  return null;
}

export async function completeLogIn(challenge, code) {
  const answer = await sendCookie("token/second-factor/", { challenge, code });
  keep(await result(answer), "logged-in");
}

/** Proves again who the user is; the next refresh gives the time of the log-in again. */
export async function reauthenticate(proof) {
  keep(await call("POST", "reauthenticate/", proof));
}

/** Ends the session in all tabs, and leads to the log-in, which says why. */
export async function logOut(reason = "logged-out") {
  await locked(async () => {
    const answer = await sendCookie("token/revoke/", {});
    if (!answer.ok) throw new Refusal(answer, await bodyOf(answer));
  });
  tabs.postMessage({ type: "ended", reason });
  token = null;
  document.body.hidden = true;
  location.replace(`${LOG_IN}?reason=${reason}`);
  return new Promise(() => undefined);
}
