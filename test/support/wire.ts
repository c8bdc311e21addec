import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What went over the wire, both ways: requests with their bodies, and the credentials that they carried. */
export interface Wire {
  url: string;
  /** method, path and body of each request */
  readonly outbound: readonly { line: string; body: string }[];
  /** values of the authorization headers, and what stands behind `basic` */
  readonly credentials: ReadonlySet<string>;
  stop(): Promise<void>;
}

/** A proxy in front of the forge that keeps everything that is sent to it. */
export async function openWire(target: string): Promise<Wire> {
  const outbound: { line: string; body: string }[] = [];
  const credentials = new Set<string>();

  function forward(asked: IncomingMessage, answer: ServerResponse): void {
    const chunks: Buffer[] = [];
    const line = `${asked.method} ${asked.url}`;
    for (const secret of secretsOf(asked.headers.authorization)) credentials.add(secret);
    const onward = request(
      `${target}${asked.url}`,
      { method: asked.method, headers: asked.headers },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    onward.on("error", () => answer.destroy());
    asked.on("data", (chunk: Buffer) => chunks.push(chunk));
    asked.on("end", () => outbound.push({ line, body: Buffer.concat(chunks).toString("latin1") }));
    asked.pipe(onward);
  }

  const server = createServer(forward);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    outbound,
    credentials,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function secretsOf(authorization: string | undefined): string[] {
  const [, scheme = "", value = ""] = /^(\S+) (.+)$/.exec(authorization ?? "") ?? [];
  if (scheme.toLowerCase() !== "basic") return value === "" ? [] : [value];
  const [, password = ""] = Buffer.from(value, "base64").toString("utf8").split(":");
  return [value, password];
}
