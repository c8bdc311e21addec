import type { EgressAttempt } from "./egress.ts";

/** The only way in which a command of a repository is ever run. Where `probe` does not hold, nothing may run: there is no fallback. */
export interface Sandbox {
  readonly name: "bwrap" | "none";
  /** Attacks the sandbox in small, as a repository could. Anything but `ok: true` means that no command may run. */
  probe(): Promise<ProbeReport>;
  /** Runs one command to its end. Rejects with SandboxFailure when the sandbox itself could not be set up. */
  run(spec: SandboxSpec): Promise<SandboxResult>;
}

export interface SandboxSpec {
  argv: readonly string[];
  /** directory on the host; appears inside as `/workspace` */
  workspace: string;
  /**
   * discard: writes go to a throw-away layer. collect: the same, and what changed is read back from that layer.
   * persist: the workspace itself is writable (the install phase only).
   */
  mode: "discard" | "collect" | "persist";
  /** the whole environment, beside PATH, HOME, TMPDIR, LANG and CI, which have defaults */
  env: Readonly<Record<string, string>>;
  /** relative to the workspace */
  cwd?: string;
  readOnly: readonly Mount[];
  /** writable directories that outlive the command: the package cache of this one repository, while installing */
  caches: readonly Mount[];
  network: { kind: "none" } | { kind: "allow"; hosts: readonly string[] };
  limits: Limits;
  signal?: AbortSignal;
  /** a read-only `.git` that holds one commit of the workspace, for tests that ask git about their repository */
  git?: "synthetic";
}

/** `from` is an absolute path on the host, `to` the absolute path at which the command sees it. */
export interface Mount {
  from: string;
  to: string;
}

export interface Limits {
  wallMs: number;
  /** of each process */
  cpuSeconds: number;
  /** what all processes together may use (resident, watched each half second) */
  memoryBytes: number;
  /**
   * what each process may reserve beyond that and not use; one that allocates past both is refused at once. Measured: the V8 of Node 24
   * takes 530 MiB for each thread, where that of Node 20 and 22 takes 15
   */
  reservedBytes: number;
  /** processes and threads together */
  processes: number;
  /** of each process; Node opens every module of a test at once, so thousands of files in a repository mean thousands here */
  openFiles: number;
  /** of one file */
  fileBytes: number;
  /** of all that is written outside mounts of the host: layer, /tmp, home and /dev/shm share it */
  diskBytes: number;
  inodes: number;
  /** kept of each stream; the middle of a longer one is left out */
  outputBytes: number;
}

export const defaultLimits: Limits = {
  wallMs: 600_000,
  cpuSeconds: 600,
  memoryBytes: 4 * 1024 ** 3,
  reservedBytes: 20 * 1024 ** 3,
  processes: 512,
  // as on GitHub's own runners
  openFiles: 65_536,
  fileBytes: 512 * 1024 ** 2,
  diskBytes: 2 * 1024 ** 3,
  inodes: 200_000,
  outputBytes: 512 * 1024,
};

export interface SandboxResult {
  /** exit code, 128 + n when a signal ended the command inside; null when we killed it */
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  /** both streams in the order in which they arrived, head and tail kept */
  output: string;
  truncated: boolean;
  ms: number;
  /** the limit that ended the command, or that its failure speaks of */
  limit?: "wall" | "cpu" | "memory" | "processes" | "open files" | "disk" | "aborted";
  /** mode collect only; absent when there was more than the limits allow (`notes` says so) */
  changes?: readonly LayerChange[];
  /** sentences about what was left out of `changes`, for the log and the report */
  notes?: readonly string[];
  /** network allow only: every host that was asked for, and what became of it */
  egress?: readonly EgressAttempt[];
}

/** Paths are relative to the workspace, with `/`. */
export type LayerChange =
  | { path: string; kind: "write"; content: Uint8Array; executable: boolean }
  | { path: string; kind: "delete" };

export interface ProbeReport {
  ok: boolean;
  findings: readonly Finding[];
}

export interface Finding {
  attack: string;
  outcome: "held" | "broken";
  detail: string;
}

/** The sandbox could not be set up: says nothing about the command, which did not run. Ask the operator; never run without. */
export class SandboxFailure extends Error {
  override name = "SandboxFailure";
}
