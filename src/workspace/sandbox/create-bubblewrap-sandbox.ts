import { statSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import { bubblewrapArguments, inside, type Profile } from "./bubblewrap.ts";
import { type BubblewrapHost, prepareHost } from "./host.ts";
import { limitBehindFailure, limitedCommand } from "./limits.ts";
import { canReach } from "./reach.ts";
import { type Sandbox, SandboxFailure, type SandboxResult, type SandboxSpec } from "./sandbox.ts";
import { type Spawned, spawn } from "./spawn.ts";
import { entryAt, layerAt, type Stage, type StageEntry, stageAt, stageCommand } from "./stage.ts";

/** The search path of the worker must not decide which `mount` builds the stage. */
const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

export interface BubblewrapDeps {
  bwrap: string;
  /** `LD_LIBRARY_PATH` of a bwrap that was fetched */
  libraryPath?: string;
  /** a directory of ours alone, for mount points and the system call filter; nothing large is kept there */
  scratchDir: string;
  /** whom commands run as when the worker is root (then it must be given; root itself is refused); else unused */
  dropTo?: { uid: number; gid: number };
  /** directories of programs outside /usr, shown read-only at the same path */
  toolchains?: readonly string[];
  log?: (line: string) => void;
}

export function createBubblewrapSandbox(deps: BubblewrapDeps): Sandbox {
  let prepared: Promise<BubblewrapHost> | undefined;
  const host = () => {
    prepared ??= prepareHost(deps);
    return prepared;
  };
  const run = async (spec: SandboxSpec) => runOnStage(deps, await host(), spec);
  return { name: "bwrap", run, probe: async () => ({ ok: false, findings: [] }) };
}

async function runOnStage(
  deps: BubblewrapDeps,
  host: BubblewrapHost,
  spec: SandboxSpec,
): Promise<SandboxResult> {
  const staging = createStaging(host.dropTo);
  staging.show("workspace", spec.workspace, "owned");
  const profile: Profile = {
    bwrap: staging.reach(deps.bwrap),
    canDisableUserNamespaces: host.canDisableUserNamespaces,
    systemDirectories: host.systemDirectories,
    workspace: spec.mode === "persist" ? entryAt("workspace") : layerAt("workspace"),
    temporary: layerAt("tmp"),
    home: layerAt("home"),
    sharedMemory: layerAt("shm"),
    accounts: { passwd: entryAt("passwd"), group: entryAt("group"), hosts: entryAt("hosts") },
    readOnly: [
      ...(deps.toolchains ?? []).map((path) => ({ from: staging.reach(path), to: path })),
      ...spec.readOnly.map(({ from, to }) => ({ from: staging.reach(from), to: insidePath(to) })),
    ],
    writable: spec.caches.map(({ from, to }) => ({ from: staging.own(from), to: insidePath(to) })),
    env: { ...defaultEnvironment, ...spec.env },
    cwd: insidePath(join(inside.workspace, spec.cwd ?? ".")),
    seccompFd: 3,
    statusFd: 4,
    command: limitedCommand(spec.limits, spec.argv),
  };
  const stage: Stage = {
    mountPoint: host.mountPoint,
    ...(host.dropTo ? { dropTo: host.dropTo } : {}),
    mode: spec.mode,
    limits: spec.limits,
    libraryPath: (deps.libraryPath ?? "").split(":").filter(Boolean).map(staging.reach).join(":"),
    before: [],
    command: bubblewrapArguments(profile),
    entries: staging.entries,
  };
  await Promise.all(spec.caches.map(({ from }) => mkdir(from, { recursive: true })));
  const filter = await open(host.filterFile, "r");
  const status: Buffer[] = [];
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
    });
    return resultOf(spawned, Buffer.concat(status).toString("utf8"));
  } finally {
    await filter.close();
  }
}

/** bwrap reports an exit code on its own descriptor only when everything was set up and the command began. */
function resultOf(spawned: Spawned, status: string): SandboxResult {
  const { ended, ...seen } = spawned;
  if (ended) return { ...seen, limit: ended };
  if (!status.includes('"exit-code"')) {
    throw new SandboxFailure(
      `The sandbox could not be set up, so the command did not run: ${spawned.stderr.trim().split("\n").slice(-4).join(" ") || `exit code ${spawned.code}`}`,
    );
  }
  const limit = limitBehindFailure(seen.code, seen.output);
  return { ...seen, ...(limit ? { limit } : {}) };
}

const defaultEnvironment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: inside.home,
  TMPDIR: "/tmp",
  LANG: "C.UTF-8",
  CI: "1",
} as const;

/** A path of the sandbox, from a specification: absolute and without detours. */
function insidePath(path: string): string {
  const clean = normalize(path);
  if (!isAbsolute(clean) || clean.includes("\0"))
    throw new SandboxFailure(`${path} is not an absolute path inside the sandbox.`);
  return clean;
}

/** Collects what has to be shown on the stage. */
function createStaging(dropTo: { uid: number; gid: number } | undefined) {
  const entries: StageEntry[] = [];
  const show = (name: string, from: string, owned: "owned" | "as it is"): string => {
    const kind = statSync(from).isDirectory() ? "directory" : "file";
    if (!entries.some((entry) => entry.name === name))
      entries.push({ name, from, kind, owned: owned === "owned" });
    return entryAt(name);
  };
  return {
    entries,
    show,
    /** the path itself where the command's user can reach it, else its place on the stage */
    reach(path: string): string {
      const hidden = path === stageAt || path.startsWith(`${stageAt}/`);
      if (!hidden && (!dropTo || canReach(path, dropTo))) return path;
      return show(`shown-${entries.length}`, path, "as it is");
    },
    own: (path: string) => show(`cache-${entries.length}`, path, "owned"),
  };
}
