import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";

/** A process of the product that can be killed. */
export interface Process {
  readonly pid: number;
  /** SIGTERM, and the wait for its end */
  stop(): Promise<void>;
  /** SIGKILL, and the wait for its end: a crash */
  kill(): Promise<void>;
}

/** `fixpoint server` or `fixpoint worker`, compiled, with this environment and no other; what it logs goes to a file. */
export function startProcess(
  cli: string,
  role: "server" | "worker",
  env: Readonly<Record<string, string>>,
  logFile: string,
): Process {
  const log = openSync(logFile, "a");
  const child = spawn(process.execPath, [cli, role], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    stdio: ["ignore", "ignore", log],
  });
  closeSync(log);
  const gone = once(child, "exit");
  gone.catch(() => undefined);
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    child.kill(signal);
    await gone;
  };
  return { pid: child.pid ?? 0, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
