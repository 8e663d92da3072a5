/**
 * The session of this window, as docs/clients/authkit-client.ts has it for all tabs together. Its
 * tokens are in memory alone: no storage of the browser has them, and they are gone with the window.
 */

/** The API refused. `code` is for programs, the message for users. */
export class Refused extends Error {
  name = "Refused";

  constructor(status, body, retryAfter) {
    super(sentence(body) ?? `The server answered ${status}.`);
    this.code = body?.code ?? null;
    if (retryAfter > 0) this.message += ` Try again in ${duration(retryAfter)}.`;
  }
}

export class SessionEnded extends Error {
  name = "SessionEnded";
}

/** Codes of a 401 with which no token of the session is accepted any more. */
const ENDED = ["session_ended", "token_invalid", "token_reused", "not_authenticated"];

export class Session {
  #api;
  #access = null;
  #refresh = null;
  /** Asks the window that handed this session over for the next access token. */
  #renewElsewhere = null;
  #renewal = null;
  #isLoggingOut = false;

  username = null;
  /** Called with the name of the user. */
  onStart = () => {};
  /** Called with what ended the session: a code of the API, or "logged_out". */
  onEnd = () => {};

  constructor(api) {
    this.#api = api;
  }

  get isOpen() {
    return this.#access !== null;
  }

  /** Return null, or the challenge of an account that has a second factor. */
  async logIn(username, password) {
    const answer = await this.#post("auth/token/", { username, password });
    const body = await bodyOf(answer);
    if (answer.status === 202) return body.challenge;
    await this.#begin(body);
    return null;
  }

  async secondFactor(challenge, code) {
    await this.#begin(await bodyOf(await this.#post("auth/token/second-factor/", { challenge, code })));
  }

  /** Use a session of another window, which keeps the refresh token to itself. */
  async adopt(access, renew) {
    this.#renewElsewhere = renew;
    await this.#begin({ access, refresh: null });
  }

  /** Return the answer to a request of the user. Throws `Refused` or `SessionEnded`. */
  async fetch(path, { method = "GET", body, accept = "application/json" } = {}) {
    const used = this.#access;
    if (used === null) throw new SessionEnded();
    const init = { method, headers: { Accept: accept, Authorization: `Bearer ${used}` } };
    if (body !== undefined) {
      init.headers["Content-Type"] = "application/json";
      init.body = JSON.stringify(body);
    }
    const answer = await ask(this.#api + path, init);
    if (answer.ok) return answer;
    const refused = await refusal(answer);
    if (answer.status === 401 && refused.code === "token_expired") {
      await this.renewed(used);
      return this.fetch(path, { method, body, accept });
    }
    if (answer.status === 401 && ENDED.includes(refused.code)) {
      // Else another log-in has followed meanwhile.
      if (used === this.#access) this.end(refused.code);
      throw new SessionEnded();
    }
    throw refused;
  }

  async json(path, options) {
    return (await this.fetch(path, options)).json();
  }

  /** Return an access token that is newer than the one that was used. */
  async renewed(used) {
    if (used === this.#access) {
      this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
      await this.#renewal;
    }
    if (this.#access === null) throw new SessionEnded();
    return this.#access;
  }

  get access() {
    return this.#access;
  }

  /** End this session on the server, and in every window that uses it. */
  async logOut() {
    const sessions = await this.json("auth/sessions/");
    const { id } = sessions.find((session) => session.current);
    // The connection of a room may be closed before this request is answered.
    this.#isLoggingOut = true;
    try {
      await this.fetch(`auth/sessions/${id}/`, { method: "DELETE" });
      this.end("logged_out");
    } finally {
      this.#isLoggingOut = false;
    }
  }

  /** End all sessions of the user: the others at once, and then this one. */
  async logOutEverywhere() {
    await this.fetch("auth/sessions/", { method: "DELETE" });
    await this.logOut();
  }

  /** Ask the server whether it still knows this session. */
  async check() {
    await this.fetch("auth/me/");
  }

  /** Forget the tokens. `how` is a code, `detail` what else there is to say of it. */
  end(how, detail = "") {
    if (!this.isOpen) return;
    this.#forget();
    if (this.#isLoggingOut) this.onEnd("logged_out", "");
    else this.onEnd(how, detail);
  }

  async #begin({ access, refresh }) {
    this.#access = access;
    this.#refresh = refresh;
    try {
      ({ username: this.username } = await this.json("auth/me/"));
    } catch (error) {
      this.#forget();
      throw error;
    }
    this.onStart(this.username);
  }

  #forget() {
    this.#access = this.#refresh = this.#renewElsewhere = this.username = null;
  }

  async #renew() {
    if (this.#renewElsewhere) {
      const access = await this.#renewElsewhere(this.#access);
      if (access === null) this.end("window_closed");
      else this.#access = access;
      return;
    }
    const answer = await this.#refreshed();
    if (answer.status === 401) {
      this.end((await refusal(answer)).code);
      return;
    }
    const pair = await bodyOf(answer);
    this.#access = pair.access;
    this.#refresh = pair.refresh;
  }

  /** Repeat a refresh whose answer is lost: for a few seconds a spent token gets the same pair. */
  async #refreshed() {
    const body = { refresh: this.#refresh };
    try {
      return await this.#post("auth/token/refresh/", body);
    } catch {
      return this.#post("auth/token/refresh/", body);
    }
  }

  #post(path, body) {
    const headers = { "Content-Type": "application/json" };
    return ask(this.#api + path, { method: "POST", headers, body: JSON.stringify(body) });
  }
}

async function ask(url, init) {
  try {
    return await fetch(url, init);
  } catch {
    throw new Error("The server does not answer.");
  }
}

async function bodyOf(answer) {
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

async function refusal(answer) {
  const body = await answer.json().catch(() => null);
  return new Refused(answer.status, body, Number(answer.headers.get("Retry-After")));
}

/** Return what an error says: its detail, or what is wrong with the fields. */
export function sentence(body) {
  if (typeof body === "string") return body;
  if (typeof body?.detail === "string") return body.detail;
  if (body === null || typeof body !== "object") return null;
  return Object.values(body).flat().filter((text) => typeof text === "string").join(" ") || null;
}

function duration(seconds) {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return `${seconds} second${seconds === 1 ? "" : "s"}`;
  return `${minutes} minute${minutes === 1 ? "" : "s"}`;
}
