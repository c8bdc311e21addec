import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./find-program.ts";

export interface RedisProgram {
  program: string;
  /** `LD_LIBRARY_PATH`, when the program was fetched */
  libraryPath?: string;
}

export interface RedisPlace {
  dataDir: string;
  socketPath: string;
  /** where `flock` is looked for */
  path: string;
  log: (line: string) => void;
}

/** What flock answers when another process holds the lock; no exit code of Redis. */
export const lockTaken = 75;

/** Starts a server on the directory, under the directory's lock. `--no-fork` makes the server itself the lock's holder. */
export function launchRedis(
  { dataDir, socketPath, path, log }: RedisPlace,
  found: RedisProgram,
): ChildProcess {
  const flock = findProgram("flock", path);
  if (flock === null) {
    log(
      "There is no flock (util-linux) here, so two servers started at the same moment on one directory are not prevented.",
    );
  }
  const lock =
    flock === null
      ? []
      : [
          flock,
          "--no-fork",
          "--nonblock",
          "--conflict-exit-code",
          String(lockTaken),
          join(dataDir, "redis.lock"),
        ];
  const server = [found.program, ...options(dataDir, socketPath)];
  const [program = found.program, ...args] = [...lock, ...server];
  const logFile = openSync(logPath(dataDir), "a", 0o600);
  try {
    const child = spawn(program, args, {
      cwd: dataDir,
      env: found.libraryPath ? { LD_LIBRARY_PATH: found.libraryPath } : {},
      stdio: ["ignore", logFile, logFile],
      // A Ctrl-C in the terminal is for us: we still need the server to finish what we are doing.
      detached: true,
    });
    child.on("error", (error) => log(`${program} could not be started: ${error.message}`));
    return child;
  } finally {
    closeSync(logFile);
  }
}

function options(dataDir: string, socketPath: string): string[] {
  return Object.entries({
    port: "0",
    unixsocket: socketPath,
    unixsocketperm: "700",
    dir: dataDir,
    // what was acknowledged is on the disk, and nothing is dropped when memory gets short
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    save: "",
    daemonize: "no",
  }).flatMap(([name, value]) => [`--${name}`, value]);
}

/** The end of the server's log, for the message of an error. */
export function lastWords(dataDir: string): string {
  try {
    return readFileSync(logPath(dataDir), "utf8").trim().split("\n").slice(-5).join("\n");
  } catch {
    return "";
  }
}

function logPath(dataDir: string): string {
  return join(dataDir, "redis.log");
}
