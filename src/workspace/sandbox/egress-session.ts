import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inside } from "./bubblewrap.ts";
import { type EgressAttempt, openEgressProxy } from "./egress.ts";
import { egressEnvironment, proxySocketInside, relayedCommand } from "./relay.ts";
import type { Mount, SandboxSpec } from "./sandbox.ts";

export interface EgressSettings {
  /** hosts that may stand on a private address, because the operator named them */
  privateHosts?: readonly string[];
}

/** What one command with egress needs: a proxy of its own for as long as it runs, its socket, and the variables that name it. */
export interface EgressSession {
  readOnly: readonly Mount[];
  env: Readonly<Record<string, string>>;
  command(argv: readonly string[]): readonly string[];
  attempts(): readonly EgressAttempt[] | undefined;
  close(): Promise<void>;
}

const certificatesInside = `${inside.relay}/certificates.pem`;

const noEgress: EgressSession = {
  readOnly: [],
  env: {},
  command: (argv) => argv,
  attempts: () => undefined,
  close: async () => {},
};

export async function openEgressSession(
  network: SandboxSpec["network"],
  settings: EgressSettings & { node: string; certificates?: string },
): Promise<EgressSession> {
  if (network.kind === "none") return noEgress;
  // not in the scratch directory: a socket's path has room for about a hundred bytes
  const directory = await mkdtemp(join(tmpdir(), "fixpoint-egress-"));
  const socket = join(directory, "proxy.sock");
  const proxy = await openEgressProxy(socket, {
    hosts: network.hosts,
    privateHosts: settings.privateHosts ?? [],
  });
  const trust = settings.certificates;
  return {
    readOnly: [
      { from: socket, to: proxySocketInside },
      ...(trust === undefined ? [] : [{ from: trust, to: certificatesInside }]),
    ],
    env: egressEnvironment(trust === undefined ? undefined : certificatesInside),
    command: (argv) => relayedCommand(settings.node, argv),
    attempts: proxy.attempts,
    async close() {
      await proxy.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
