/**
 * A WebSocket of an API that uses django-authkit, for browsers, which opens again by itself. Copy this
 * file beside authkit-client.ts.
 *
 *     const chat = new AuthkitSocket(api, "/ws/chat/", {
 *       onMessage: (data) => show(JSON.parse(String(data))),
 *       onEnd: ({ code }) => code === 4401 && location.assign("/log-in/"),
 *     });
 *     chat.send(JSON.stringify({ text: "good morning" }));
 *     chat.close();
 *
 * SPDX-License-Identifier: BSD-3-Clause
 */

import { type AuthkitClient, Refused, SessionEnded } from "./authkit-client.js";

/** Code and reason of a close frame. A ticket that is refused has the code of a socket that is. */
export interface Closing {
  code: number;
  reason: string;
}

export interface SocketOptions {
  onMessage?: (data: string | ArrayBuffer) => void;
  /**
   * Each time it has opened; ask for what you have missed. A socket that is refused opens, too, and
   * closes at once: a browser cannot read the answer to a handshake.
   */
  onOpen?: () => void;
  /** It is closed, and opens again in so many milliseconds. */
  onRetry?: (milliseconds: number, closing: Closing) => void;
  /** It stays closed: 4401 asks for a log-in, 1000 is an end that the API has chosen. */
  onEnd?: (closing: Closing) => void;
  /** In milliseconds: how long it waits at first, and at most. */
  delays?: { first: number; longest: number };
}

/** Milliseconds. Each try may wait twice as long as the one before. */
const DELAYS = { first: 1_000, longest: 30_000 };

/**
 * Closed by the network, or by a server or proxy that stops, restarts, is busy or has failed (RFC 6455
 * section 7.4). All other codes below 4000 are final: the next try would end in the same way.
 */
const PASSING = [1001, 1005, 1006, 1011, 1012, 1013, 1014];
const TOO_MANY_REQUESTS = 4429;

/** Codes of authkit are 4000 and a status of HTTP. */
const ofStatus = (status: number): number => 4000 + status;

export class AuthkitSocket {
  readonly #api: AuthkitClient;
  readonly #url: URL;
  readonly #options: SocketOptions;
  readonly #delays: { first: number; longest: number };
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #openedAt: number | null = null;
  #failures = 0;
  #ticketWasRefused = false;
  #isOver = false;

  /** Open a path of the API, such as `/ws/chat/`. */
  constructor(api: AuthkitClient, path: string, options: SocketOptions = {}) {
    this.#api = api;
    this.#url = new URL(path, api.origin);
    if (this.#url.origin !== api.origin) {
      throw new TypeError(`${this.#url.href} is not of the API to which the tickets belong.`);
    }
    this.#options = options;
    this.#delays = options.delays ?? DELAYS;
    void this.#open();
  }

  /** Send, and say whether there was a connection. Nothing is kept for the next one. */
  send(data: string | ArrayBuffer): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(data);
    return true;
  }

  /** Close for good. Nothing is called any more. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.close(1000);
  }

  async #open(): Promise<void> {
    let ticket: string;
    try {
      // Each connection needs one of its own: the first use spends it.
      ticket = await this.#api.ticket(this.#url.pathname);
    } catch (error) {
      this.#withoutTicket(error);
      return;
    }
    if (this.#isOver) return;
    const url = new URL(this.#url);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url, ["authkit", `authkit.ticket.${ticket}`]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#openedAt = Date.now();
      if (!this.#isOver) this.#options.onOpen?.();
    };
    socket.onmessage = ({ data }) => {
      if (!this.#isOver) this.#options.onMessage?.(data as string | ArrayBuffer);
    };
    socket.onclose = ({ code, reason }) => this.#closed({ code, reason });
  }

  #withoutTicket(error: unknown): void {
    if (error instanceof SessionEnded) {
      this.#closed({ code: ofStatus(401), reason: error.code ?? "not_authenticated" });
    } else if (error instanceof Refused) {
      const closing = { code: ofStatus(error.status), reason: error.code ?? "" };
      this.#closed(closing, (error.retryAfter ?? 0) * 1_000);
    } else {
      this.#closed({ code: 1006, reason: "" }); // the API is not reached
    }
  }

  #closed(closing: Closing, atLeast = 0): void {
    this.#socket = null;
    if (this.#isOver) return;
    // That it has opened is no success: refused sockets do. Having lasted is.
    if (this.#openedAt !== null && Date.now() - this.#openedAt >= this.#delays.longest) {
      this.#failures = 0;
      this.#ticketWasRefused = false;
    }
    this.#openedAt = null;
    if (this.#isFinal(closing)) {
      this.#isOver = true;
      this.#options.onEnd?.(closing);
      return;
    }
    const delay = Math.max(atLeast, this.#delayAfter(closing));
    this.#timer = setTimeout(() => void this.#open(), delay);
    this.#options.onRetry?.(delay, closing);
  }

  #isFinal({ code, reason }: Closing): boolean {
    if (code === ofStatus(401) && reason === "ticket_invalid") {
      // It was late, perhaps: a new one may do, once.
      const again = this.#ticketWasRefused;
      this.#ticketWasRefused = true;
      return again;
    }
    const isOfServer = code >= ofStatus(500) && code < ofStatus(600);
    return !PASSING.includes(code) && code !== TOO_MANY_REQUESTS && !isOfServer;
  }

  /** Random, so that the clients of a server that restarts do not come back at one moment. */
  #delayAfter({ code }: Closing): number {
    const { first, longest } = this.#delays;
    const most = code === TOO_MANY_REQUESTS ? longest : first * 2 ** this.#failures;
    this.#failures += 1;
    return Math.min(longest, most) * (0.5 + Math.random() / 2);
  }
}
