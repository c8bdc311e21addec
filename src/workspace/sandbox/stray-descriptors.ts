import type { IOType } from "node:child_process";
import { openSync, readdirSync, readFileSync } from "node:fs";

/**
 * Descriptors that the worker itself inherited (from a shell, a supervisor) would be inherited by the command too; each is
 * covered with /dev/null. What Node opens is closed on exec and needs no care.
 */
export function withoutStrayDescriptors(stdio: readonly (IOType | number)[]): (IOType | number)[] {
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
