// The WebSocket that projects copy, against the example: `node --experimental-websocket sockets.js FILE`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as passed } from "node:timers/promises";
import { AuthkitClient } from "./authkit-client.js";
import { AuthkitSocket, type Closing, type SocketOptions } from "./authkit-socket.js";
import { memory, recorded, storageIn } from "./browser.js";
import { networkTo, socketsOf } from "./network.js";

const TICKET = "/api/v1/auth/ticket/";
const ROOM = "/ws/rooms/contract/";
const DELAYS = { first: 20, longest: 400 };

const task = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as {
  url: string;
  username: string;
  password: string;
};
const network = await networkTo(task.url);
let made = 0;
globalThis.WebSocket = socketsOf(network.origin, () => (made += 1));

let change = (_path: string, ask: () => Promise<Response>): Promise<Response> => ask();
const paths = recorded((path, ask) => change(path, ask));
const tickets = (): number => paths.filter((path) => path === TICKET).length;
const without = async (): Promise<string> => assert.fail("there is no second factor");

async function loggedIn(): Promise<AuthkitClient> {
  const api = new AuthkitClient(`${network.origin}/api/v1/auth/`, { storage: storageIn(memory()) });
  await api.logIn(task.username, task.password, without);
  return api;
}

/** A socket, with what it has said so far. */
class Watched {
  readonly seen: unknown[] = [];
  readonly retries: number[] = [];
  readonly codes: number[] = [];
  opened = 0;
  end: Closing | null = null;
  readonly socket: AuthkitSocket;

  constructor(api: AuthkitClient, path = ROOM, options: SocketOptions = {}) {
    this.socket = new AuthkitSocket(api, path, {
      onMessage: (data) => this.seen.push(JSON.parse(String(data))),
      onOpen: () => (this.opened += 1),
      onRetry: (delay, { code }) => {
        this.codes.push(code);
        this.retries.push(delay);
      },
      onEnd: (closing) => (this.end = closing),
      delays: DELAYS,
      ...options,
    });
  }

  has(type: string, text?: string): boolean {
    const frames = this.seen as { type: string; text?: string }[];
    return frames.some((frame) => frame.type === type && (!text || frame.text === text));
  }
}

async function until(condition: () => unknown): Promise<void> {
  for (const since = performance.now(); !condition(); await passed(5)) {
    assert(performance.now() - since < 30_000, `it does not happen: ${condition}`);
  }
}

/** For long enough that a next try would have been made. */
const aWhile = (): Promise<void> => passed(3 * DELAYS.longest);

// --- a connection that is cut, and an API that is not reached for some time ---

const api = await loggedIn();
const one = new Watched(api);
assert.equal(one.socket.send("too early"), false);
await until(() => one.has("joined"));
assert(one.socket.send(JSON.stringify({ type: "message", text: "before" })));
await until(() => one.has("message", "before"));

network.cut();
await until(() => one.opened === 2);
assert.deepEqual(one.codes, [1006]);
assert(tickets() >= 2, "each connection has a ticket of its own");
one.seen.length = 0;
await until(() => one.socket.send(JSON.stringify({ type: "message", text: "after" })));
await until(() => one.has("message", "after"));

network.isDown = true;
network.cut();
await until(() => one.retries.length >= 8);
assert.equal(one.opened, 2);
assert(one.retries.every((delay) => delay <= DELAYS.longest));
assert(one.retries.at(-1)! >= DELAYS.longest / 2, "the tries become rarer");
network.isDown = false;
await until(() => one.opened === 3);
assert.equal(one.end, null);

// --- a ticket that is refused: a new one, once ---

let spent = "";
change = async (path, ask) => {
  const answer = await ask();
  if (path === TICKET) ({ ticket: spent } = (await answer.clone().json()) as { ticket: string });
  return answer;
};
const other = new Watched(api);
await until(() => other.has("joined"));
other.socket.close();

const answerOf = (ticket: string): Response => new Response(JSON.stringify({ ticket }));
let refusals = 1;
change = async (path, ask) => (path === TICKET && refusals-- > 0 ? answerOf(spent) : ask());
const late = new Watched(api);
await until(() => late.has("joined"));
assert.deepEqual(late.codes, [4401]);
late.socket.close();

change = async (path, ask) => (path === TICKET ? answerOf(spent) : ask());
const never = new Watched(api);
await until(() => never.end);
assert.deepEqual(never.end, { code: 4401, reason: "ticket_invalid" });
assert.equal(never.retries.length, 1);
change = (_path, ask) => ask();

// --- what is final ---

const nowhere = new Watched(api, "/ws/nowhere/");
await until(() => nowhere.end);
assert.deepEqual(nowhere.end, { code: 4404, reason: "not_found" });

const closed = new Watched(api);
await until(() => closed.has("joined"));
closed.socket.close();

paths.length = 0;
const before = made;
const early = new Watched(api);
early.socket.close();
await until(() => tickets() === 1);
await aWhile();
assert.equal(made, before, "closed before it had a ticket");

paths.length = 0;
await api.logOut();
await until(() => one.end);
assert.deepEqual(one.end, { code: 4401, reason: "session_ended" });
await aWhile();
assert.equal(one.socket.send("x"), false);
assert.equal(tickets(), 0, "no socket opens again");
assert.deepEqual([closed.end, closed.retries, early.end, early.opened], [null, [], null, 0]);

const stranger = new Watched(api);
await until(() => stranger.end);
assert.deepEqual(stranger.end, { code: 4401, reason: "not_authenticated" });
assert.equal(tickets(), 0);

assert.throws(() => new AuthkitSocket(api, "https://attacker.example/ws/"), TypeError);

// --- each code, and how long a socket waits, without a network ---

const again = await loggedIn();

/** Closes as it is told, and has opened before. */
class Scripted extends EventTarget {
  static readonly OPEN = 1;
  static closings: Closing[] = [];
  onopen = (): void => {};
  onclose = (_closing: Closing): void => {};

  constructor() {
    super();
    setTimeout(() => {
      this.onopen();
      const closing = Scripted.closings.shift();
      if (closing) this.onclose(closing);
    });
  }
}

globalThis.WebSocket = Scripted as never;
Math.random = () => 1; // the longest delays
change = async (path, ask) => (path === TICKET ? answerOf("of no account") : ask());

async function after(...closings: Closing[]): Promise<Watched> {
  Scripted.closings = [...closings];
  const found = new Watched(again);
  await until(() => found.retries.length + (found.end ? 1 : 0) === closings.length);
  found.socket.close();
  return found;
}

const coded = (...codes: number[]): Closing[] => codes.map((code) => ({ code, reason: "" }));

for (const closing of coded(1001, 1005, 1006, 1011, 1012, 1013, 1014, 4429, 4500, 4503)) {
  assert.equal((await after(closing)).end, null, `${closing.code} passes`);
}
for (const closing of [
  ...coded(1000, 1002, 1003, 1007, 1008, 1009, 4000, 4400, 4401, 4403, 4404, 4600),
  ...["session_ended", "not_authenticated", "step_up_required", "api_key_invalid"].map(
    (reason) => ({ code: 4401, reason }),
  ),
]) {
  assert.deepEqual((await after(closing)).end, closing, `${closing.code} is final`);
}

const refusedOften = await after(...coded(1012, 1012, 4503, 1006, 1006, 1006, 1006));
assert.deepEqual(refusedOften.retries, [20, 40, 80, 160, 320, 400, 400]);
assert.deepEqual((await after(...coded(4429, 1006))).retries, [400, 40]);

const busy = { status: 429, headers: { "Retry-After": "7" } };
change = async (path, ask) => (path === TICKET ? new Response("{}", busy) : ask());
assert.deepEqual((await after({ code: 0, reason: "" })).retries, [7_000]);
const forbidden = '{"code": "second_factor_enrolment_required"}';
change = async (path, ask) =>
  path === TICKET ? new Response(forbidden, { status: 403 }) : ask();
const owing = await after({ code: 0, reason: "" });
assert.deepEqual(owing.end, { code: 4403, reason: "second_factor_enrolment_required" });

// One that has lasted begins anew.
change = async (path, ask) => (path === TICKET ? answerOf("of no account") : ask());
const now = Date.now;
Scripted.closings = coded(1006, 1006, 1006);
const lasting = new Watched(again, ROOM, {
  onOpen: () => {
    const longer = lasting.retries.length === 2 ? DELAYS.longest : 0;
    const opened = now();
    Date.now = () => opened + longer;
  },
});
await until(() => lasting.retries.length === 3);
Date.now = now;
assert.deepEqual(lasting.retries, [20, 40, 20]);
lasting.socket.close();

network.stop();
