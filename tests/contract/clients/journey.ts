// What a front end does, with types that were generated from the document.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./document.js";

type TokenPair = components["schemas"]["AuthkitTokenPair"];
type Challenge = components["schemas"]["AuthkitSecondFactorChallenge"];

const [url, username, password, apiKey] = process.argv.slice(2) as [string, string, string, string];
const anonymous = createClient<paths>({ baseUrl: url });

// --- log in ---

const first = await logIn();
assert("access" in first, "an account without a second factor is logged in at once");

// --- refresh ---

const refreshed = await anonymous.POST("/api/v1/auth/token/refresh/", {
  body: { refresh: first.refresh },
});
assert(refreshed.data, "the refresh token gives another pair");
const person = bearing(refreshed.data.access);

const denied = await anonymous.GET("/api/v1/tasks/");
assert.equal(denied.response.status, 401);

const tasks = await person.GET("/api/v1/tasks/", { params: { query: { limit: 2 } } });
assert(tasks.data, "an access token opens the person's own tasks");
const title: string | undefined = tasks.data.results[0]?.title;
assert(title, "and there is one");

// --- the second factor's branch ---

const setup = await person.POST("/api/v1/auth/2fa/totp/setup/");
assert(setup.data);
const verified = await person.POST("/api/v1/auth/2fa/totp/verify/", {
  body: { code: totp(setup.data.secret) },
});
assert(verified.data, "the app's first code turns the second factor on");
const [loginCode, disableCode] = verified.data.recovery_codes;
assert(loginCode && disableCode);

const second = await logIn();
assert("challenge" in second, "the password alone is answered with a challenge now");
assert(second.methods.includes("recovery_code"));
const completed = await anonymous.POST("/api/v1/auth/token/second-factor/", {
  body: { challenge: second.challenge, code: loginCode },
});
assert(completed.data, "a code completes it");

const survivor = bearing(completed.data.access);
const disabled = await survivor.POST("/api/v1/auth/2fa/totp/disable/", {
  body: { password, code: disableCode },
});
assert.equal(disabled.response.status, 204);
assert.equal((await person.GET("/api/v1/tasks/")).response.status, 401, "other sessions end");

// --- a machine, with the library's key and with one that the person makes ---

const made = await survivor.POST("/api/v1/auth/api-keys/", {
  body: { name: "nightly import", scopes: ["catalogue:read"] },
});
assert(made.data, "a person makes a key");
for (const key of [apiKey, made.data.key]) {
  const machine = createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key } });
  const books = await machine.GET("/api/v1/books/", { params: { query: { limit: 2 } } });
  assert(books.data, "an API key opens the books");
  assert.equal(books.data.results.length, 2);
}

// ---

async function logIn(): Promise<TokenPair | Challenge> {
  const { data } = await anonymous.POST("/api/v1/auth/token/", { body: { username, password } });
  assert(data, "the password is right");
  return data;
}

function bearing(access: string) {
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${access}` } });
}

/** RFC 6238, as an authenticator app does it. */
function totp(secret: string): string {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c));
  const binary = bits.map((value) => value.toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(binary.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const offset = digest[digest.length - 1]! & 0xf;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
