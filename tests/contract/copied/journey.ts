// The client that projects copy, against the example: `node journey.js FILE`.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { AuthkitClient, Refused, SessionEnded, type Options } from "./authkit-client.js";
import { lockIn, memory, recorded, storageIn } from "./browser.js";
import type { Seen } from "./tab.js";

interface Task {
  url: string;
  username: string;
  password: string;
  /** Pairs of sessions that live, whose access tokens have expired. */
  expired: { access: string; refresh: string }[];
  /** A pair whose session has been ended. */
  ended: { access: string; refresh: string };
  /** A pair whose refresh token has been used again, and by another program. */
  reused: { access: string; refresh: string };
}

const TABS = 6;
const TASKS = "/api/v1/tasks/";
const REFRESH = "/api/v1/auth/token/refresh/";
const task = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Task;
const auth = `${task.url}/api/v1/auth/`;

/** A browser with these tokens in it, of which each call makes a tab. */
function browser(tokens?: object): (options?: Options) => AuthkitClient {
  const shared = memory();
  const storage = storageIn(shared);
  if (tokens) storage.setItem("", JSON.stringify(tokens));
  return (options) => new AuthkitClient(auth, { storage, lock: lockIn(shared), ...options });
}

async function thrown<E extends Error>(
  kind: abstract new (...args: never[]) => E,
  work: Promise<unknown>,
): Promise<E> {
  const error: unknown = await work.then(
    () => assert.fail("nothing was thrown"),
    (reason: unknown) => reason,
  );
  assert(error instanceof kind, String(error));
  return error;
}

const never = async (): Promise<string> => assert.fail("there is no second factor");

// --- one refresh for all tabs ---

const shared = memory();
storageIn(shared).setItem("", JSON.stringify(task.expired.pop()));
const gate = new SharedArrayBuffer(4);
const workerData = { url: task.url, shared, gate, tabs: TABS };
const seen = await Promise.all(
  Array.from(
    { length: TABS },
    () =>
      new Promise<Seen>((resolve, reject) => {
        const tab = new Worker(new URL("tab.js", import.meta.url), { workerData });
        tab.once("message", resolve).once("error", reject);
        tab.once("exit", (status) => reject(new Error(`a tab ended with ${status}`)));
      }),
  ),
);
assert.deepEqual(
  seen.map((tab) => tab.status),
  Array(TABS).fill(200),
);
const refreshes = seen.flatMap((tab) => tab.paths).filter((path) => path === REFRESH);
assert.equal(refreshes.length, 1, "one tab refreshed, the others waited");

// --- and for all requests of one tab, also where the browser has no Web Locks ---

let change = (_path: string, ask: () => Promise<Response>): Promise<Response> => ask();
const paths = recorded((path, ask) => change(path, ask));
const asked = (path: string): number => paths.filter((one) => one === path).length;

const single = new AuthkitClient(auth, { storage: storageWith(task.expired.pop()!) });
const answers = await Promise.all([1, 2, 3, 4].map(() => single.fetch(TASKS)));
assert.deepEqual(
  answers.map((answer) => answer.status),
  [200, 200, 200, 200],
);
assert.equal(asked(REFRESH), 1);

// --- no refresh for another reason ---

paths.length = 0;
const forged = browser({ access: "eyJhbGciOiJub25lIn0.e30.", refresh: "x" })();
assert.equal((await forged.fetch(TASKS)).status, 401);
assert(forged.isLoggedIn);

const states: boolean[] = [];
const ended = browser(task.ended)({ onChange: (state) => states.push(state) });
const end = await thrown(SessionEnded, ended.fetch(TASKS));
assert.equal(end.code, "session_ended");
assert.deepEqual(states, [false]);
assert(!ended.isLoggedIn);
assert.deepEqual(paths, [TASKS, TASKS]);

const reused = browser(task.reused)();
assert.equal((await thrown(SessionEnded, reused.fetch(TASKS))).code, "token_reused");
assert(!reused.isLoggedIn);

// --- a lost answer, and an API that is busy ---

paths.length = 0;
change = async (path, ask) => {
  const answer = await ask();
  if (path === REFRESH && asked(REFRESH) === 1) throw new TypeError("fetch failed");
  return answer;
};
assert.equal((await browser(task.expired.pop())().fetch(TASKS)).status, 200);
assert.equal(asked(REFRESH), 2, "the same token again, at once");

const busy = browser(task.expired.pop())();
change = async (path, ask) =>
  path === REFRESH ? new Response("", { status: 503, headers: { "Retry-After": "7" } }) : ask();
const refused = await thrown(Refused, busy.fetch(TASKS));
assert.equal(refused.status, 503);
assert.equal(refused.retryAfter, 7);
change = (_path, ask) => ask();
assert.equal((await busy.fetch(TASKS)).status, 200, "the session goes on");

// --- log in, the second factor's branch, step-up, log out ---

paths.length = 0;
const open = browser();
const wrong = await thrown(Refused, open().logIn(task.username, "not this one", never));
assert.equal(wrong.code, "invalid_credentials");
assert.equal(paths.length, 1, "a refused password is not sent again");

const person = open();
await person.logIn(task.username, task.password, never);
const setup = await person.fetch("2fa/totp/setup/", { method: "POST" });
const { secret } = (await setup.json()) as { secret: string };
const verified = await person.fetch("2fa/totp/verify/", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ code: totp(secret) }),
});
const { recovery_codes: codes } = (await verified.json()) as { recovery_codes: string[] };

const asks: boolean[] = [];
const secondTab = open();
await secondTab.logIn(task.username, task.password, async (again) => {
  asks.push(again);
  return again ? codes.pop()! : "AAAA-AAAA-AAAA-AAAA";
});
assert.deepEqual(asks, [false, true]);

paths.length = 0;
change = async (path, ask) =>
  path === TASKS && asked(TASKS) === 1
    ? new Response('{"code": "step_up_required"}', { status: 401 }) // CORS hides the header
    : ask();
const proving = open({ prove: async () => ({ code: codes.pop()! }) });
assert.equal((await proving.fetch(TASKS)).status, 200);
assert.deepEqual(paths, [TASKS, "/api/v1/auth/reauthenticate/", TASKS]);
change = (_path, ask) => ask();

const disabled = await person.fetch("2fa/totp/disable/", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ password: task.password, code: codes.pop() }),
});
assert.equal(disabled.status, 204);

await thrown(TypeError, person.fetch("https://attacker.example/"));
await person.logOut();
assert(!secondTab.isLoggedIn, "the other tabs are logged out, too");
assert.equal((await thrown(SessionEnded, secondTab.fetch(TASKS))).code, null);

// ---

function storageWith(tokens: object): NonNullable<Options["storage"]> {
  const storage = storageIn(memory());
  storage.setItem("", JSON.stringify(tokens));
  return storage;
}

/** RFC 6238, as an authenticator app does it. */
function totp(base32: string): string {
  const bits = [...base32].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c));
  const binary = bits.map((value) => value.toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(binary.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest[digest.length - 1]! & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
