import { createServer } from "node:http";
import type { Door } from "./door.ts";

export interface Listener {
  /** where it listens, with the real port */
  url: string;
  /** no new connections; what is under way may end, for at most `graceMs` */
  stop(graceMs?: number): Promise<void>;
}

/** Whoever has not sent a whole request after this is cut off. GitHub gives up on a delivery after 10 s. */
const WHOLE_REQUEST_MS = 15_000;

export async function listen(
  door: Door,
  at: { host: string; port: number; wholeRequestMs?: number },
): Promise<Listener> {
  const wholeRequestMs = at.wholeRequestMs ?? WHOLE_REQUEST_MS;
  const server = createServer(
    {
      headersTimeout: Math.min(10_000, wholeRequestMs),
      requestTimeout: wholeRequestMs,
      // How exactly the two are kept; Node's default is 30 s.
      connectionsCheckingInterval: Math.min(1_000, wholeRequestMs / 2),
      keepAliveTimeout: 5_000,
      maxHeaderSize: 16_384,
    },
    door,
  );
  let stopping = false;
  server.on("request", (_, response) => {
    // A connection that was at work when we were told to stop is idle only now, and would be kept open for the next request.
    response.once("close", () => stopping && setImmediate(() => server.closeIdleConnections()));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(at.port, at.host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  return {
    url: urlOf(server.address(), at.host),
    stop: (graceMs = 10_000) =>
      new Promise((resolve) => {
        stopping = true;
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

function urlOf(address: ReturnType<ReturnType<typeof createServer>["address"]>, host: string): string {
  const port = typeof address === "object" && address ? address.port : "";
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
