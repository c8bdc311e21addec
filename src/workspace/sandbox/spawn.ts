import { spawn as spawnChild } from "node:child_process";
import { Readable } from "node:stream";
import { createCapture } from "./capture.ts";
import { withoutStrayDescriptors } from "./stray-descriptors.ts";

export interface SpawnRequest {
  argv: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd?: string;
  wallMs: number;
  outputBytes: number;
  signal?: AbortSignal;
  /** an open file that the child sees as descriptor 3 */
  passFd?: number;
  /** what the child writes to descriptor 4 and 5; the reader must consume it */
  onStatus?: (stream: Readable) => void;
  onLayer?: (stream: Readable) => void;
  /** looked at every `watchEveryMs`; an answer ends the command */
  watch?: (pid: number) => "memory" | "disk" | undefined;
}

/** A command can take a gigabyte in less than a second; a look costs a few reads of /proc. */
const watchEveryMs = 250;

export interface Spawned {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
  output: string;
  truncated: boolean;
  ms: number;
  ended?: "wall" | "aborted" | "memory" | "disk";
}

/**
 * Runs a program in a process group of its own and keeps the head and tail of what it prints. At the time-out, on abort, or
 * when `watch` says so, the whole group is killed; inside the sandbox the process namespace ends with it, so nothing is left.
 */
export async function spawn(request: SpawnRequest): Promise<Spawned> {
  const [program, ...args] = request.argv;
  if (program === undefined) throw new Error("a command needs at least the name of a program");
  request.signal?.throwIfAborted();
  const started = performance.now();
  const child = spawnChild(program, args, {
    env: { ...request.env },
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    detached: true,
    stdio: withoutStrayDescriptors([
      "ignore",
      "pipe",
      "pipe",
      request.passFd ?? "ignore",
      request.onStatus ? "pipe" : "ignore",
      request.onLayer ? "pipe" : "ignore",
    ]),
  });
  let ended: Spawned["ended"];
  const end = (why: NonNullable<Spawned["ended"]>) => {
    ended ??= why;
    killGroup(child.pid);
  };
  const onAbort = () => end("aborted");
  const timer = setTimeout(() => end("wall"), request.wallMs);
  const watcher = setInterval(() => {
    const verdict = child.pid === undefined ? undefined : request.watch?.(child.pid);
    if (verdict) end(verdict);
  }, watchEveryMs);
  request.signal?.addEventListener("abort", onAbort);

  const capture = createCapture(request.outputBytes);
  child.stdout?.on("data", (chunk: Buffer) => capture.add("stdout", chunk));
  child.stderr?.on("data", (chunk: Buffer) => capture.add("stderr", chunk));
  const extra: readonly unknown[] = child.stdio;
  if (extra[4] instanceof Readable) request.onStatus?.(extra[4]);
  if (extra[5] instanceof Readable) request.onLayer?.(extra[5]);
  try {
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once("error", reject);
      // what the command left running may hold its output open: it ends with the command
      child.once("exit", () => killGroup(child.pid));
      child.once("close", (exitCode, exitSignal) => resolve([exitCode, exitSignal]));
    });
    return {
      code: ended ? null : code,
      signal,
      ...capture.take(),
      ms: Math.round(performance.now() - started),
      ...(ended ? { ended } : {}),
    };
  } finally {
    clearTimeout(timer);
    clearInterval(watcher);
    request.signal?.removeEventListener("abort", onAbort);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // the group has ended already
  }
}
