/**
 * A client of an API that uses django-authkit, for browsers. Copy this file; it needs no package.
 *
 *     const api = new AuthkitClient("/api/v1/auth/");
 *     await api.logIn("ann", "correct horse battery staple", askForCode);
 *     const books = await api.fetch("/api/v1/books/");
 *     await api.logOut();
 *
 * All tabs of a browser share one session.
 *
 * SPDX-License-Identifier: BSD-3-Clause
 */

export interface TokenPair {
  access: string;
  refresh: string;
  token_type: "Bearer";
  expires_in: number;
}

/** A code where the account has a second factor, else the password. */
export type Proof = { code: string } | { password: string };

/** Ask the user for a code of the app or a recovery code; `again` after a wrong one. */
export type AskForCode = (again: boolean) => Promise<string>;

/** Do the work while no other tab does work under that name. */
export type Lock = <T>(name: string, work: () => Promise<T>) => Promise<T>;

export interface Options {
  /** Where the tokens are: `localStorage` unless given. Every script of the page can read that. */
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** What keeps tabs apart: the Web Locks API unless given. */
  lock?: Lock;
  /** Called where the API asks for a fresh proof (step-up). Without it, the caller gets the 401. */
  prove?: () => Promise<Proof>;
  /** Called when the user has logged in or out, here or in another tab. */
  onChange?: (isLoggedIn: boolean) => void;
  /** `USERNAME_FIELD` of the API's user model. */
  usernameField?: string;
}

/**
 * The API refused. `status` and `code` say why, `body` which fields were wrong (400), and
 * `retryAfter` for how many seconds to wait (423, 429, 503) if the API knows.
 */
export class Refused extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly body: unknown;
  readonly retryAfter: number | null;

  constructor(answer: Response, body: unknown) {
    const code = codeIn(body);
    super(textOf(body, "detail") ?? `${answer.status} ${code}`);
    this.name = "Refused";
    this.status = answer.status;
    this.code = code;
    this.body = body;
    const wait = answer.headers.get("Retry-After") ?? "";
    this.retryAfter = /^\d+$/.test(wait) ? Number(wait) : null;
  }
}

/** There is no session, or not any more: ask the user to log in. `code` says why it ended. */
export class SessionEnded extends Error {
  readonly code: string | null;

  constructor(code: string | null = null) {
    super(code ?? "not logged in");
    this.name = "SessionEnded";
    this.code = code;
  }
}

/**
 * Milliseconds. A refresh whose answer is lost is repeated at once. The second try, too, has to
 * fall into the grace of the API (10 seconds), in which a spent token gets the same pair again.
 */
const REFRESH_TIMEOUT = 4_000;
const TIMEOUT = 30_000;

/** A proxy answers for a server that may have spent the token already. */
const LOST = [502, 504];

/**
 * Why a token was refused: the codes, and how the header `WWW-Authenticate` says them. The header
 * comes from every view, the code in the body depends on the exception handler of the API. From
 * another origin, a script sees the header if `Access-Control-Expose-Headers` names it.
 */
const REASONS = {
  token_expired: 'error_description="The access token expired"',
  session_ended: 'error_description="The session has ended"',
  step_up_required: 'error="insufficient_user_authentication"',
};

export class AuthkitClient {
  readonly #auth: URL;
  readonly #key: string;
  readonly #storage: NonNullable<Options["storage"]>;
  readonly #lock: Lock;
  readonly #options: Options;

  /** `authUrl` is where the API includes `authkit.urls`. */
  constructor(authUrl: string, options: Options = {}) {
    this.#auth = new URL(authUrl.replace(/\/*$/, "/"), globalThis.location?.href);
    this.#key = `authkit ${this.#auth.href}`;
    this.#storage = options.storage ?? globalThis.localStorage;
    this.#lock = options.lock ?? lockOfTheBrowser();
    this.#options = options;
    globalThis.addEventListener?.("storage", (event) => {
      if (event.key === this.#key && !event.oldValue !== !event.newValue) {
        options.onChange?.(event.newValue !== null);
      }
    });
  }

  /** Where the API is; its tokens go nowhere else. */
  get origin(): string {
    return this.#auth.origin;
  }

  /** Whether there are tokens; the API may have ended their session since. */
  get isLoggedIn(): boolean {
    return this.#tokens() !== null;
  }

  /**
   * Log in with what the user has typed. Nothing is tried again by itself, since each try counts:
   * it throws `Refused`.
   */
  async logIn(username: string, password: string, askForCode: AskForCode): Promise<void> {
    const credentials = { [this.#options.usernameField ?? "username"]: username, password };
    let answer = await this.#ask("token/", credentials);
    for (let again = false; answer.status === 202; again = true) {
      const { challenge } = (await answer.clone().json()) as { challenge: string };
      const body = { challenge, code: await askForCode(again) };
      const second = await this.#ask("token/second-factor/", body);
      const code = await codeOf(second);
      // A challenge takes five codes in five minutes: then there is a new one for the password.
      if (code === "invalid_challenge") answer = await this.#ask("token/", credentials);
      else if (code !== "invalid_code") answer = second;
    }
    if (!answer.ok) throw await refusal(answer);
    const pair = (await answer.json()) as TokenPair;
    await this.#locked(async () => this.#keep(pair));
  }

  /**
   * End the session, in all tabs. The tokens are forgotten in any case, also if the API is not
   * reached; then it throws, and the session ends by itself when it is not used.
   */
  async logOut(): Promise<void> {
    const tokens = await this.#locked(async () => {
      const present = this.#tokens();
      this.#keep(null);
      return present;
    });
    if (!tokens) return;
    const answer = await this.#ask("token/revoke/", { refresh: tokens.refresh });
    if (!answer.ok) throw await refusal(answer);
  }

  /** Prove again who the user is. Throws `Refused` if the proof is wrong. */
  async reauthenticate(proof: Proof): Promise<void> {
    const answer = await this.#authorized(new URL("reauthenticate/", this.#auth), json(proof));
    if (!answer.ok) throw await refusal(answer);
    const fresh = (await answer.json()) as Pick<TokenPair, "access" | "expires_in">;
    await this.#locked(async () => this.#keep({ ...this.#present(), ...fresh }));
  }

  /**
   * `fetch` as the user, for URLs of this API; a path such as `/api/v1/books/` will do. The body
   * must be one that can be sent twice: no stream. Returns the answer, whatever its status.
   *
   * Throws `SessionEnded` where the user has to log in again, and `Refused` where the token could
   * not be refreshed now (429, 503); the session goes on.
   */
  async fetch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    const answer = await this.#authorized(url, init);
    const { prove } = this.#options;
    if (!prove || (await reasonOf(answer)) !== "step_up_required") return answer;
    await this.reauthenticate(await prove());
    return this.#authorized(url, init);
  }

  /**
   * A ticket that opens one WebSocket or stream of this path, within 30 seconds. Throws as `fetch`
   * does, and `Refused` where there is none.
   */
  async ticket(path: string): Promise<string> {
    const signal = AbortSignal.timeout(TIMEOUT);
    const answer = await this.fetch("ticket/", { ...json({ path }), signal });
    if (!answer.ok) throw await refusal(answer);
    const { ticket } = (await answer.json()) as { ticket: string };
    return ticket;
  }

  async #authorized(url: string | URL, init: RequestInit): Promise<Response> {
    let tokens = this.#present();
    let answer = await this.#send(url, init, tokens);
    // For no other reason: a refresh does not help against any of them.
    if ((await reasonOf(answer)) === "token_expired") {
      tokens = await this.#refreshed(tokens);
      answer = await this.#send(url, init, tokens);
    }
    if ((await reasonOf(answer)) === "session_ended") {
      await this.#locked(async () => {
        // Else there has been another log-in.
        if (this.#tokens()?.access === tokens.access) this.#keep(null);
      });
      throw new SessionEnded("session_ended");
    }
    return answer;
  }

  #refreshed(used: TokenPair): Promise<TokenPair> {
    return this.#locked(async () => {
      // Read now, not before: another tab may have been faster, or this one asleep for an hour.
      const tokens = this.#present();
      if (tokens.access !== used.access) return tokens;
      const answer = await this.#askForPair(tokens.refresh);
      if (answer.status === 401) {
        this.#keep(null);
        throw new SessionEnded(await codeOf(answer));
      }
      if (!answer.ok) throw await refusal(answer);
      const pair = (await answer.json()) as TokenPair;
      this.#keep(pair);
      return pair;
    });
  }

  async #askForPair(refresh: string): Promise<Response> {
    try {
      const answer = await this.#ask("token/refresh/", { refresh }, REFRESH_TIMEOUT);
      if (!LOST.includes(answer.status)) return answer;
    } catch {
      // No connection, or no answer in time.
    }
    return this.#ask("token/refresh/", { refresh }, REFRESH_TIMEOUT);
  }

  #tokens(): TokenPair | null {
    return JSON.parse(this.#storage.getItem(this.#key) ?? "null") as TokenPair | null;
  }

  #present(): TokenPair {
    const tokens = this.#tokens();
    if (!tokens) throw new SessionEnded();
    return tokens;
  }

  #keep(tokens: TokenPair | null): void {
    const before = this.isLoggedIn;
    if (tokens) this.#storage.setItem(this.#key, JSON.stringify(tokens));
    else this.#storage.removeItem(this.#key);
    if (before !== (tokens !== null)) this.#options.onChange?.(tokens !== null);
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock(this.#key, work);
  }

  #ask(path: string, body: object, timeout = TIMEOUT): Promise<Response> {
    const signal = AbortSignal.timeout(timeout);
    return fetch(new URL(path, this.#auth), { ...json(body), signal });
  }

  #send(url: string | URL, init: RequestInit, tokens: TokenPair): Promise<Response> {
    const target = new URL(url, this.#auth);
    if (target.origin !== this.#auth.origin) {
      throw new TypeError(`${target.href} is not of the API to which the tokens belong.`);
    }
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${tokens.access}`);
    return fetch(target, { ...init, headers });
  }
}

/** Without a secure context there are no Web Locks: then one tab still refreshes once. */
function lockOfTheBrowser(): Lock {
  const locks = globalThis.navigator?.locks;
  if (locks) {
    return <T>(name: string, work: () => Promise<T>) => locks.request(name, work) as Promise<T>;
  }
  let last: Promise<unknown> = Promise.resolve();
  return (_name, work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

function json(body: object): RequestInit {
  const headers = { "Content-Type": "application/json" };
  return { method: "POST", headers, body: JSON.stringify(body) };
}

/** Return the code of a 401. */
async function reasonOf(answer: Response): Promise<string | null> {
  if (answer.status !== 401) return null;
  const challenge = answer.headers.get("WWW-Authenticate") ?? "";
  const said = Object.entries(REASONS).find(([, words]) => challenge.includes(words));
  return said?.[0] ?? codeOf(answer);
}

async function refusal(answer: Response): Promise<Refused> {
  return new Refused(answer, await bodyOf(answer));
}

async function codeOf(answer: Response): Promise<string | null> {
  return codeIn(await bodyOf(answer));
}

async function bodyOf(answer: Response): Promise<unknown> {
  return answer
    .clone()
    .json()
    .catch(() => null);
}

/** Return the code of an error; drf-standardized-errors puts it into a list. */
function codeIn(body: unknown): string | null {
  const errors = (body as { errors?: unknown } | null)?.errors;
  const [first] = Array.isArray(errors) ? errors : [];
  return textOf(body, "code") ?? textOf(first, "code");
}

function textOf(body: unknown, name: string): string | null {
  const value = (body as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === "string" ? value : null;
}
