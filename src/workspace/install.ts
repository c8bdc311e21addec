import type { Setup } from "../run/check.ts";
import { cleanOutput } from "./clean-output.ts";
import { commandLine, placesOf, runInSandbox } from "./command.ts";
import { defaultLimits, type Limits, type Sandbox, type SandboxResult } from "./sandbox/sandbox.ts";
import type { Workspace } from "./workspace.ts";

export interface Installed {
  status: "ready" | "failed" | "nothing_to_install";
  ms: number;
  /** each command with what it printed, cleaned */
  output: string;
  /** a sentence for people: which command failed, and at what; null when none did */
  problem: string | null;
  /** hosts that were asked for and refused */
  refusedHosts: readonly string[];
  /** tracked files that the set-up changed and that were put back */
  restored: readonly string[];
}

interface Request {
  sandbox: Sandbox;
  workspace: Workspace;
  setup: Setup;
  /** belongs to this repository alone: packages that one repository poisons must never reach another */
  cacheDir: string;
  /** `wallMs` is the time for all commands together */
  limits?: Limits;
  /** the operator's additions, such as a certificate authority */
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** The dependencies of a large project are several gigabytes in hundreds of thousands of files, and take minutes to come. */
export const setupLimits: Limits = {
  ...defaultLimits,
  wallMs: 900_000,
  diskBytes: 4 * 1024 ** 3,
  inodes: 600_000,
};

/**
 * Makes the repository ready, once for a run: its set-up commands may write the workspace and reach the registries, nothing else.
 * What they make stays in the directory; tracked files are afterwards as they were.
 */
export async function installDependencies(request: Request): Promise<Installed> {
  const nothing: Installed = {
    status: "nothing_to_install",
    ms: 0,
    output: "",
    problem: null,
    refusedHosts: [],
    restored: [],
  };
  if (request.setup.commands.length === 0) return nothing;
  const { result: ran, restored } = await request.workspace.lend(() => runCommands(request));
  const notes =
    restored.length > 0 ? [`Set-up changed tracked files; they were put back: ${restored.join(", ")}`] : [];
  return { ...ran, output: [ran.output, ...notes].join("\n"), restored };
}

async function runCommands(request: Request): Promise<Omit<Installed, "restored">> {
  const printed: string[] = [];
  const refused = new Set<string>();
  const limits = request.limits ?? setupLimits;
  let ms = 0;
  for (const { command } of request.setup.commands) {
    const left = Math.max(1, limits.wallMs - ms);
    const result = await runCommand(request, command, { ...limits, wallMs: left });
    ms += result.ms;
    printed.push(`$ ${command}\n${cleanOutput(result.output)}${explainLimit(result)}`);
    for (const attempt of result.egress ?? []) if (attempt.outcome === "refused") refused.add(attempt.host);
    if (result.code !== 0) {
      const problem = problemOf(command, result, limits);
      return { status: "failed", ms, output: printed.join("\n"), problem, refusedHosts: [...refused] };
    }
  }
  return { status: "ready", ms, output: printed.join("\n"), problem: null, refusedHosts: [...refused] };
}

function problemOf(command: string, result: SandboxResult, limits: Limits): string {
  const name = `\`${command.length > 120 ? `${command.slice(0, 119)}…` : command}\``;
  switch (result.limit) {
    case undefined:
      return `${name} ended with exit code ${result.code ?? "none"}.`;
    case "wall":
      return `${name} was ended because set-up may take ${Math.round(limits.wallMs / 60_000)} minutes and took longer.`;
    case "aborted":
      return `${name} was ended from outside.`;
    case "disk":
      return `${name} filled the disk space that set-up may use (${gibibytes(limits.diskBytes)}, ${limits.inodes.toLocaleString("en")} files).`;
    case "memory":
      return `${name} used more memory than set-up may (${gibibytes(limits.memoryBytes)}).`;
    default:
      return `${name} hit the sandbox's limit of ${result.limit}.`;
  }
}

function gibibytes(bytes: number): string {
  return `${Math.round((bytes / 1024 ** 3) * 10) / 10} GiB`;
}

function runCommand(request: Request, command: string, limits: Limits): Promise<SandboxResult> {
  const { sandbox, workspace, setup, cacheDir, signal } = request;
  const places = placesOf(sandbox, { root: workspace.root, cacheDir }, setup.cacheAt);
  const { argv, env } = commandLine(command, setup, places.workspace);
  return runInSandbox(sandbox, {
    argv,
    workspace: workspace.root,
    mode: "persist",
    env: {
      ...request.env,
      // Off unless a command of the repository's own configuration says otherwise on its command line.
      npm_config_ignore_scripts: "true",
      ...(places.cache === null ? {} : { FIXPOINT_CACHE: places.cache }),
      ...env,
    },
    readOnly: [],
    caches: setup.cacheAt === null ? [] : [{ from: cacheDir, to: setup.cacheAt }],
    network: setup.hosts.length === 0 ? { kind: "none" } : { kind: "allow", hosts: setup.hosts },
    limits,
    ...(signal ? { signal } : {}),
  });
}

export function explainLimit(result: SandboxResult): string {
  switch (result.limit) {
    case undefined:
      return "";
    case "wall":
      return "\n[It took too long and was ended.]";
    case "aborted":
      return "\n[It was ended from outside.]";
    default:
      return `\n[It hit the sandbox's limit of ${result.limit}.]`;
  }
}
