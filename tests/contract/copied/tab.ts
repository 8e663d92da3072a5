// A tab: says when its first request was refused, and goes on when all tabs have been.

import { parentPort, workerData } from "node:worker_threads";
import { AuthkitClient } from "./authkit-client.js";
import { lockIn, recorded, storageIn, waited } from "./browser.js";

export interface Seen {
  status: number;
  paths: string[];
}

const { url, shared, gate, tabs } = workerData as {
  url: string;
  shared: SharedArrayBuffer;
  gate: SharedArrayBuffer;
  tabs: number;
};

/** Wait until every tab is here, so that all of them hold the expired token at one moment. */
async function allTabs(): Promise<void> {
  const arrived = new Int32Array(gate);
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  for (;;) {
    const number = Atomics.load(arrived, 0);
    if (number >= tabs) return;
    await waited(arrived, 0, number);
  }
}

const paths = recorded(async (_path, ask) => {
  const answer = await ask();
  if (answer.status === 401) await allTabs();
  return answer;
});
const client = new AuthkitClient(`${url}/api/v1/auth/`, {
  storage: storageIn(shared),
  lock: lockIn(shared),
});
const { status } = await client.fetch("/api/v1/tasks/");
parentPort!.postMessage({ status, paths } satisfies Seen);
