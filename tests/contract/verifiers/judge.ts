// The recipe of TypeScript, over the tokens of a file: `node judge.js FILE`.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { introspect, isInvalidToken, Verifier } from "./verify.js";

interface Task {
  jwks: string;
  issuer: string;
  audience: string;
  accepted: Record<string, string>;
  refused: Record<string, string>;
  introspect: string;
  service_key: string;
  introspected: [string, boolean][];
}

const task = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Task;
const verifier = new Verifier(task.jwks, task);
const narrow = new Verifier(task.jwks, { ...task, algorithms: ["ES256"] });

/** Return whether it is accepted. Other errors would be a crash of the service. */
async function judge(token: string, by = verifier): Promise<boolean> {
  try {
    await by.claims(token);
    return true;
  } catch (error) {
    if (isInvalidToken(error)) return false;
    throw error;
  }
}

const wrong: string[] = [];
for (const [name, token] of Object.entries(task.accepted)) {
  if (!(await judge(token))) wrong.push(name);
  if (await judge(token, narrow)) wrong.push(`${name}, by another algorithm`);
}
for (const [name, token] of Object.entries(task.refused)) {
  if (await judge(token)) wrong.push(name);
}
assert.deepEqual(wrong, []);

for (const [token, active] of task.introspected) {
  const state = await introspect(task.introspect, task.service_key, token);
  assert.equal(state.active, active);
}
