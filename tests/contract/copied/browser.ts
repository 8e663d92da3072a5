// What tabs of one browser share, for threads of Node.js, which has neither: a storage and a lock.

import type { Lock, Options } from "./authkit-client.js";

const SIZE = 16_384;
const [LOCKED, LENGTH, HEADER] = [0, 1, 8];

export const memory = (): SharedArrayBuffer => new SharedArrayBuffer(SIZE);

/**
 * Wait while `numbers[index]` is `value`. Node.js ends a thread that only waits for another one
 * (exit status 13, without a word), so a timer gives it something to do.
 */
export async function waited(numbers: Int32Array, index: number, value: number): Promise<void> {
  const awake = setInterval(() => {}, 1000);
  await Atomics.waitAsync(numbers, index, value).value;
  clearInterval(awake);
}

/** One value, as `localStorage`: what one thread writes, the next read of another sees. */
export function storageIn(shared: SharedArrayBuffer): NonNullable<Options["storage"]> {
  const numbers = new Int32Array(shared, 0, 2);
  const bytes = new Uint8Array(shared, HEADER);
  const write = (text: string): void => {
    const content = new TextEncoder().encode(text);
    bytes.set(content);
    Atomics.store(numbers, LENGTH, content.length);
  };
  return {
    getItem: () => {
      const length = Atomics.load(numbers, LENGTH);
      return length ? new TextDecoder().decode(bytes.slice(0, length)) : null;
    },
    setItem: (_key, value) => write(value),
    removeItem: () => write(""),
  };
}

/** As `navigator.locks.request`. */
export function lockIn(shared: SharedArrayBuffer): Lock {
  const numbers = new Int32Array(shared, 0, 2);
  return async (_name, work) => {
    while (Atomics.compareExchange(numbers, LOCKED, 0, 1) !== 0) {
      await waited(numbers, LOCKED, 1);
    }
    try {
      return await work();
    } finally {
      Atomics.store(numbers, LOCKED, 0);
      Atomics.notify(numbers, LOCKED);
    }
  };
}

/** The paths of all requests from now on; `change` may do something else than asking. */
export function recorded(
  change: (path: string, ask: () => Promise<Response>) => Promise<Response> = (_path, ask) => ask(),
): string[] {
  const paths: string[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const { pathname } = new URL(String(input));
    paths.push(pathname);
    return change(pathname, () => original(input, init));
  };
  return paths;
}
