import { type IOType, spawn as spawnChild } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";

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
  /** looked at every half second; an answer ends the command */
  watch?: (pid: number) => "memory" | "disk" | undefined;
}

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
  }, 500);
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

/**
 * Descriptors that the worker itself inherited (from a shell, a supervisor) would be inherited by the command too; each is
 * covered with /dev/null. What Node opens is closed on exec and needs no care.
 */
function withoutStrayDescriptors(stdio: readonly (IOType | number)[]): (IOType | number)[] {
  const stray = inheritedDescriptors().filter((fd) => fd >= stdio.length);
  if (stray.length === 0) return [...stdio];
  nullDevice ??= openSync("/dev/null", "r+");
  const covered: (IOType | number)[] = [...stdio];
  for (let fd = stdio.length; fd <= Math.max(...stray); fd += 1) covered[fd] = "ignore";
  for (const fd of stray) covered[fd] = nullDevice;
  return covered;
}

let nullDevice: number | undefined;

function inheritedDescriptors(): number[] {
  const closeOnExec = 0o2000000;
  return readdirSync("/proc/self/fd").flatMap((name) => {
    try {
      const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, "utf8"))?.[1] ?? "0";
      return (Number.parseInt(flags, 8) & closeOnExec) === 0 ? [Number(name)] : [];
    } catch {
      return []; // closed since the listing
    }
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // the group has ended already
  }
}

type StreamName = "stdout" | "stderr";

function createCapture(limit: number) {
  const kept = {
    stdout: createHeadTail(limit),
    stderr: createHeadTail(limit),
    output: createHeadTail(limit),
  };
  return {
    add(stream: StreamName, chunk: Buffer) {
      kept[stream].add(chunk);
      kept.output.add(chunk);
    },
    take: () => ({
      stdout: kept.stdout.text(),
      stderr: kept.stderr.text(),
      output: kept.output.text(),
      truncated: kept.stdout.leftOut() > 0 || kept.stderr.leftOut() > 0 || kept.output.leftOut() > 0,
    }),
  };
}

/** Keeps the first and the last half of `limit` bytes: the beginning of an output says what ran, its end says how it went. */
function createHeadTail(limit: number) {
  const half = Math.ceil(limit / 2);
  const head: Buffer[] = [];
  let tail: Buffer[] = [];
  let headBytes = 0;
  let tailBytes = 0;
  let total = 0;
  return {
    add(chunk: Buffer) {
      total += chunk.length;
      const forHead = chunk.subarray(0, half - headBytes);
      if (forHead.length > 0) head.push(forHead);
      headBytes += forHead.length;
      const rest = chunk.subarray(forHead.length);
      if (rest.length === 0) return;
      tail.push(rest);
      tailBytes += rest.length;
      if (tailBytes > 2 * half + 65_536) {
        tail = [Buffer.concat(tail).subarray(-half)];
        tailBytes = half;
      }
    },
    leftOut: () => Math.max(0, total - headBytes - Math.min(half, tailBytes)),
    text() {
      const end = Buffer.concat(tail).subarray(-half);
      const missing = total - headBytes - end.length;
      const middle = missing > 0 ? `\n[… ${missing} bytes left out …]\n` : "";
      return `${Buffer.concat(head).toString("utf8")}${middle}${end.toString("utf8")}`;
    },
  };
}
