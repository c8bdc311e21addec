import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage } from "node:http";
import { BlockList, connect, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";

/** One connection that a command asked the proxy for. */
export interface EgressAttempt {
  host: string;
  port: number;
  outcome: "allowed" | "refused";
  /** for people: why it was refused */
  reason?: string;
}

export interface EgressRules {
  /** `host`, or `host:port` where the port is not 443; nothing else is reachable */
  hosts: readonly string[];
  /** hosts that the operator named and that may stand on a private address, e.g. a registry of the house */
  privateHosts: readonly string[];
}

export interface EgressProxy {
  attempts(): readonly EgressAttempt[];
  close(): Promise<void>;
}

type Verdict = { allowed: true; addresses: readonly string[] } | { allowed: false; reason: string };

const most = { attempts: 500, connections: 128 } as const;
const idleMs = 120_000;

/**
 * The only way out of a sandbox with egress: a proxy on a Unix socket that answers CONNECT for named hosts and nothing else.
 * A name is resolved here, once, and the address that was judged is the address that is connected to; so a name that resolves
 * to something else a moment later (DNS rebinding) gains nothing. What goes through is TLS, which is neither seen nor changed.
 */
export async function openEgressProxy(socketPath: string, rules: EgressRules): Promise<EgressProxy> {
  const attempts: EgressAttempt[] = [];
  const open = new Set<Duplex>();
  const note = (attempt: EgressAttempt) => {
    if (attempts.length < most.attempts) attempts.push(attempt);
  };
  const server = createServer((request, response) => {
    const host = hostOfPlainRequest(request);
    const reason = "Only encrypted connections (https) to package registries are let through.";
    note({ host, port: 80, outcome: "refused", reason });
    response.writeHead(403, { "content-type": "text/plain", connection: "close" }).end(`${reason}\n`);
  });
  server.maxConnections = most.connections;
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  server.on("connect", (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on("error", () => client.destroy());
    void answerConnect(request.url ?? "", client, head, rules, note, open);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path: socketPath, readableAll: true, writableAll: true }, () => resolve());
  });
  return {
    attempts: () => [...attempts],
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function answerConnect(
  target: string,
  client: Duplex,
  head: Buffer,
  rules: EgressRules,
  note: (attempt: EgressAttempt) => void,
  open: Set<Duplex>,
): Promise<void> {
  const asked = parseTarget(target);
  const { host, port } = asked ?? { host: target.slice(0, 200), port: 0 };
  const verdict: Verdict = asked
    ? await judge(asked, rules)
    : { allowed: false, reason: "That is not a host and a port." };
  if (!verdict.allowed) {
    note({ host, port, outcome: "refused", reason: verdict.reason });
    client.end(
      `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${verdict.reason}\n`,
    );
    return;
  }
  note({ host, port, outcome: "allowed" });
  const server = await connectToFirst(verdict.addresses, port);
  if (server === null || client.destroyed) {
    server?.destroy();
    client.end("HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n");
    return;
  }
  open.add(server);
  server.once("close", () => open.delete(server));
  server.setTimeout(idleMs, () => server.destroy());
  server.on("error", () => client.destroy());
  server.on("close", () => client.destroy());
  client.on("close", () => server.destroy());
  client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  server.write(head);
  server.pipe(client);
  client.pipe(server);
}

/** May this be connected to, and at which addresses. */
async function judge(asked: { host: string; port: number }, rules: EgressRules): Promise<Verdict> {
  const { host, port } = asked;
  const name = port === 443 ? host : `${host}:${port}`;
  if (!rules.hosts.includes(name)) {
    const isOtherPort = rules.hosts.some((entry) => entry.split(":")[0] === host);
    const reason = isOtherPort
      ? `Port ${port} of ${host} is not on the list of what may be reached while installing.`
      : `${host} is not on the list of hosts that may be reached while installing.`;
    return { allowed: false, reason };
  }
  const found = isIP(host) ? [{ address: host }] : await lookup(host, { all: true }).catch(() => []);
  if (found.length === 0) return { allowed: false, reason: `The name ${host} could not be resolved.` };
  const addresses = found.map(({ address }) => address);
  const isNamed = rules.privateHosts.includes(name);
  if (!isNamed && addresses.some(isPrivateAddress)) {
    return {
      allowed: false,
      reason: `${host} leads to a private address. The operator can allow that by naming the host as a private registry.`,
    };
  }
  return { allowed: true, addresses };
}

// IPv4 addresses that are written as IPv6 ones (::ffff:10.0.0.1) are matched by the IPv4 rules; a rule of their own
// for ::ffff:0:0/96 would match every IPv4 address (Node 20, measured).
const privateAddresses = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link-local, and there the metadata services of the clouds
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3], // multicast, reserved, broadcast
] as const) {
  privateAddresses.addSubnet(network, bits, "ipv4");
}
for (const [network, bits] of [
  ["::", 127], // unspecified and loopback
  ["64:ff9b::", 96], // IPv4 behind a translator: a way around the rules above
  ["64:ff9b:1::", 48],
  ["2002::", 16], // 6to4: the same
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const) {
  privateAddresses.addSubnet(network, bits, "ipv6");
}

export function isPrivateAddress(address: string): boolean {
  return privateAddresses.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function parseTarget(target: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):(\d{1,5})$/i.exec(target);
  const host = (match?.[1] ?? match?.[2])?.toLowerCase();
  return host === undefined || host.endsWith(".") ? null : { host, port: Number(match?.[3]) };
}

function hostOfPlainRequest(request: IncomingMessage): string {
  try {
    return new URL(request.url ?? "").hostname.slice(0, 200);
  } catch {
    return (request.headers.host ?? "").slice(0, 200);
  }
}

async function connectToFirst(addresses: readonly string[], port: number): Promise<Socket | null> {
  for (const address of addresses) {
    const socket = await new Promise<Socket | null>((resolve) => {
      const attempt = connect({ host: address, port, timeout: 10_000 });
      attempt.once("connect", () => resolve(attempt.setTimeout(0)));
      attempt.once("timeout", () => attempt.destroy(new Error("timed out")));
      attempt.once("error", () => resolve(null));
    });
    if (socket !== null) return socket;
  }
  return null;
}
