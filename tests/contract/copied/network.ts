// A network that fails, and WebSockets that say from which site they come, as those of browsers.

import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Network {
  /** Where the API is reached through it. */
  origin: string;
  /** While true, no new connection is let through. */
  isDown: boolean;
  /** End all connections as a cable that is cut. */
  cut: () => void;
  stop: () => void;
}

/** A proxy of TCP in front of a server. */
export async function networkTo(url: string): Promise<Network> {
  const { hostname, port } = new URL(url);
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    if (network.isDown) {
      client.destroy();
      return;
    }
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
    }
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const network: Network = {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    isDown: false,
    cut: () => open.forEach((socket) => socket.destroy()),
    stop: () => {
      network.cut();
      proxy.close();
    },
  };
  return network;
}

/** The WebSocket of Node.js for pages of this site: it takes headers in place of subprotocols. */
export function socketsOf(origin: string, whenMade: () => void): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL, protocols: string | string[] = []) {
      super(url, { protocols, headers: { Origin: origin } } as never);
      whenMade();
    }
  };
}
