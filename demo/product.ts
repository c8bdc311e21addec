import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

/** A process of the true product, started by its own command line as an operator would. */
export interface Process {
  readonly pid: number;
  /** SIGTERM, and the wait for its end */
  stop(): Promise<void>;
  /** SIGKILL, and the wait for its end: a crash */
  kill(): Promise<void>;
  readonly exited: Promise<number | null>;
}

/** `fixpoint server` or `fixpoint worker`, with this environment and no other; what it logs goes to a file. */
export function startProduct(
  role: "server" | "worker",
  env: Readonly<Record<string, string>>,
  logFile: string,
  // The same loader as ours: TypeScript in development, plain JavaScript once built.
  execArgv: readonly string[] = process.execArgv,
): Process {
  const here = fileURLToPath(import.meta.url);
  const cli = fileURLToPath(new URL(`../src/cli${extname(here)}`, import.meta.url));
  const child = spawn(process.execPath, [...execArgv, cli, role], {
    env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  child.stderr.pipe(createWriteStream(logFile, { flags: "a" }));
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", () => resolve(null));
  });
  return {
    pid: child.pid ?? 0,
    exited,
    stop: () => end(child, "SIGTERM", exited),
    kill: () => end(child, "SIGKILL", exited),
  };
}

async function end(
  child: ChildProcess,
  signal: "SIGTERM" | "SIGKILL",
  exited: Promise<unknown>,
): Promise<void> {
  child.kill(signal);
  await exited;
}
