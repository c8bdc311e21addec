import { readdirSync, readFileSync, statfsSync } from "node:fs";
import type { Limits } from "./sandbox.ts";

/**
 * What limits of single processes cannot say, looked at from outside while a command runs: the memory of all its processes
 * together, and, when it writes into a mount of the host, how much of that file system it has used up since it began.
 */
export function createWatch(
  limits: Limits,
  writesInto: string | null,
): (pid: number) => "memory" | "disk" | undefined {
  const before = writesInto === null ? null : space(writesInto);
  return (pid) => {
    if (memoryOfTree(pid) > limits.memoryBytes) return "memory";
    if (writesInto !== null && before !== null) {
      const now = space(writesInto);
      const isOver =
        before.bytes - now.bytes > limits.diskBytes || before.inodes - now.inodes > limits.inodes;
      if (isOver) return "disk";
    }
    return undefined;
  };
}

function space(path: string): { bytes: number; inodes: number } {
  const found = statfsSync(path);
  return { bytes: found.bfree * found.bsize, inodes: found.ffree };
}

/** Memory of its own (proc(5) `RssAnon`) of a process and all below it; what is shared, such as a program's code, is not counted. */
function memoryOfTree(pid: number): number {
  const waiting = [String(pid)];
  let bytes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    // a process may end between two looks
    const status = readIfThere(`/proc/${next}/status`);
    bytes += Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    for (const thread of listIfThere(`/proc/${next}/task`)) {
      waiting.push(...readIfThere(`/proc/${next}/task/${thread}/children`).split(" ").filter(Boolean));
    }
  }
  return bytes;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listIfThere(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
