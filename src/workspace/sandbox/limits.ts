import { readFileSync } from "node:fs";
import type { Limits, SandboxResult } from "./sandbox.ts";

/**
 * Puts the limits on a command. This runs inside the sandbox, as its first program: the kernel counts processes for each
 * user namespace, so that two sandboxes do not eat each other's; set outside, the limit would count all of the user's processes.
 * Memory is RLIMIT_DATA: V8, WebAssembly and the JVM reserve far more address space than they use, which RLIMIT_AS would count. Some of
 * it counts here too; what is really used is watched from outside.
 */
export function limitedCommand(limits: Limits, argv: readonly string[]): string[] {
  return [
    "/usr/bin/prlimit",
    `--nproc=${limits.processes}`,
    `--data=${limits.memoryBytes + limits.reservedBytes}`,
    `--fsize=${limits.fileBytes}`,
    `--nofile=${Math.min(limits.openFiles, mostOpenFiles())}`,
    "--core=0",
    // the soft limit first, so that the exit code tells SIGXCPU
    `--cpu=${limits.cpuSeconds}:${limits.cpuSeconds + 5}`,
    "--",
    ...argv,
  ];
}

/** What this machine lets us have at most: asking for more than the hard limit is refused to anybody but root. */
function mostOpenFiles(): number {
  const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard);
}

// asm-generic/signal.h; as exit codes they are 128 + n
const SIGXCPU = 24;
const SIGXFSZ = 25;

/**
 * Which limit a failed command speaks of. The kernel tells nobody that a limit was reached: the program sees an error number
 * and, as a rule, prints it. So this reads the end of the output. It explains a failure; it never decides one.
 */
export function limitBehindFailure(code: number | null, output: string): SandboxResult["limit"] {
  if (code === 0 || code === null) return undefined;
  if (code === 128 + SIGXCPU) return "cpu";
  if (code === 128 + SIGXFSZ) return "disk";
  const end = output.slice(-20_000);
  if (/No space left on device|ENOSPC|File too large|EFBIG|File size limit exceeded/.test(end)) return "disk";
  if (/heap out of memory|MemoryError|Cannot allocate memory|ENOMEM|bad_alloc|out of memory/i.test(end))
    return "memory";
  if (/Resource temporarily unavailable|EAGAIN|can't start new thread|Cannot fork/i.test(end))
    return "processes";
  if (/Too many open files|EMFILE/i.test(end)) return "open files";
  return undefined;
}
