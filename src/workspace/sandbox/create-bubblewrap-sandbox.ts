import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { composeStage } from "./compose-stage.ts";
import { type EgressSession, type EgressSettings, openEgressSession } from "./egress-session.ts";
import { type BubblewrapHost, prepareHost } from "./host.ts";
import { type Layer, readLayer, receiveLayer } from "./layer.ts";
import { limitBehindFailure } from "./limits.ts";
import { probeSandbox } from "./probe.ts";
import { type Sandbox, SandboxFailure, type SandboxResult, type SandboxSpec } from "./sandbox.ts";
import { setUpProblem } from "./set-up-problem.ts";
import { type Spawned, spawn } from "./spawn.ts";
import { type LayerBy, stageCommand, systemPath } from "./stage.ts";
import { createWatch } from "./watch.ts";

export interface BubblewrapDeps {
  bwrap: string;
  /** `LD_LIBRARY_PATH` of a bwrap that was fetched */
  libraryPath?: string;
  /** a directory of ours alone, for mount points and the system call filter; nothing large is kept there */
  scratchDir: string;
  /** whom commands run as when the worker is root (then it must be given; root itself is refused); else unused */
  dropTo?: { uid: number; gid: number };
  /** directories outside /usr that are shown read-only at the same path; `findToolchains` finds them. Node's own is always shown */
  toolchains?: readonly string[];
  /** PEM file of certificates that commands with egress trust beside the system's */
  trustedCa?: string;
  egress?: EgressSettings;
  /** found out by trial when it is not given */
  layerBy?: LayerBy;
  log?: (line: string) => void;
}

/** Commands in bubblewrap: no network, no secrets, limits, and a throw-away layer over the workspace. Linux only. */
export function createBubblewrapSandbox(deps: BubblewrapDeps): Sandbox {
  let prepared: Promise<BubblewrapHost> | undefined;
  const run = async (spec: SandboxSpec) => {
    prepared ??= prepareHost(deps).catch((error: unknown) => {
      prepared = undefined; // the operator may mend it while we run
      throw error;
    });
    const host = await prepared;
    const egress = await openEgressSession(spec.network, { ...deps.egress, ...host });
    try {
      return await runOnStage(deps, host, egress, spec);
    } finally {
      await egress.close();
    }
  };
  return { name: "bwrap", run, probe: () => probeSandbox({ run, scratchDir: deps.scratchDir }) };
}

async function runOnStage(
  deps: BubblewrapDeps,
  host: BubblewrapHost,
  egress: EgressSession,
  spec: SandboxSpec,
): Promise<SandboxResult> {
  for (const cache of spec.caches) mkdirSync(cache.from, { recursive: true });
  const stage = composeStage(deps, host, egress, spec);
  const status: Buffer[] = [];
  const layer: { received?: Promise<Layer> } = {};
  const filter = await open(host.filterFile, "r");
  try {
    const spawned = await spawn({
      argv: stageCommand(stage),
      env: { PATH: systemPath },
      cwd: "/",
      wallMs: spec.limits.wallMs,
      outputBytes: spec.limits.outputBytes,
      ...(spec.signal ? { signal: spec.signal } : {}),
      passFd: filter.fd,
      onStatus: (stream) => stream.on("data", (chunk: Buffer) => status.push(chunk)),
      ...(spec.mode === "collect"
        ? {
            onLayer: (stream) => {
              layer.received = receiveLayer(stream).then((archive) => readLayer(archive, spec.workspace));
            },
          }
        : {}),
      watch: createWatch(spec.limits, spec.mode === "persist" ? spec.workspace : null),
    });
    const result = resultOf(spawned, Buffer.concat(status).toString("utf8"));
    return withFindings(result, result.code === null ? undefined : await layer.received, egress);
  } finally {
    await filter.close();
  }
}

/** bwrap reports an exit code on its own descriptor only when everything was set up and the command began. */
function resultOf(spawned: Spawned, status: string): SandboxResult {
  const { ended, ...seen } = spawned;
  if (ended) return { ...seen, limit: ended };
  if (!status.includes('"exit-code"')) {
    const said = spawned.stderr.trim().split("\n").slice(-4).join(" ");
    throw new SandboxFailure(setUpProblem(said || `exit code ${spawned.code ?? spawned.signal}`));
  }
  const limit = limitBehindFailure(seen.code, seen.output);
  return { ...seen, ...(limit ? { limit } : {}) };
}

function withFindings(result: SandboxResult, layer: Layer | undefined, egress: EgressSession): SandboxResult {
  const attempts = egress.attempts();
  return {
    ...result,
    ...(layer?.changes ? { changes: layer.changes } : {}),
    ...(layer ? { notes: layer.notes } : {}),
    ...(attempts ? { egress: attempts } : {}),
  };
}
