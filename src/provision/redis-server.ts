import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastWords, launchRedis, lockTaken, type RedisPlace, type RedisProgram } from "./redis-launch.ts";
import { pingRedis, redisProcess, shutDownRedis } from "./redis-ping.ts";
import { redisSocketPath } from "./redis-socket.ts";

export interface RunningRedis {
  socketPath: string;
  startedBy: "us" | "another process";
  /** Ends the server and waits for it, when it is ours to end: we started it, or the process that started it is gone. */
  stop(): Promise<void>;
}

/**
 * The private server of a data directory, on a Unix socket that only this user can open. Two servers on one directory would
 * destroy its log (the second starts happily and takes the socket: measured), so: one that answers is joined; the kernel's lock
 * on a file, held by the server itself, lets only one start; and it ends with its process, so a killed server leaves nothing
 * that someone must clear up. `findServer` is asked only when none is running.
 */
export async function runRedisServer(request: {
  dataDir: string;
  path: string;
  log: (line: string) => void;
  findServer: () => Promise<RedisProgram>;
}): Promise<RunningRedis> {
  mkdirSync(request.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(request.dataDir);
  chmodSync(dataDir, 0o700);
  const place: RedisPlace = {
    dataDir,
    socketPath: redisSocketPath(dataDir),
    path: request.path,
    log: request.log,
  };
  if ((await pingRedis(place.socketPath)) === "silent") {
    const started = await startServer(place, await request.findServer());
    if (started) return started;
  }
  await untilReady(place);
  return joinServer(place);
}

/** Null when another process holds the directory's lock: that one is starting the server. */
async function startServer(place: RedisPlace, found: RedisProgram): Promise<RunningRedis | null> {
  let child = launchRedis(place, found);
  if ((await untilReady(place, child)) === "lost the lock") return null;
  writeFileSync(starterFile(place), String(process.pid), { mode: 0o600 });
  const stopping = new AbortController();
  // The state of every run lies in it: when it is killed (out of memory), it comes back by itself and reads its log again.
  const revive = async () => {
    if (stopping.signal.aborted || exitOf(child) === lockTaken) return;
    place.log("The private Redis ended unexpectedly; starting it again.");
    await sleep(200);
    if (stopping.signal.aborted) return;
    child = launchRedis(place, found);
    child.once("exit", () => void revive());
  };
  child.once("exit", () => void revive());
  return {
    socketPath: place.socketPath,
    startedBy: "us",
    async stop() {
      stopping.abort();
      if (exitOf(child) !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function joinServer(place: RedisPlace): Promise<RunningRedis> {
  const joined = { socketPath: place.socketPath, startedBy: "another process" } as const;
  if (isAlive(readStarter(place))) {
    place.log("Joined the private Redis that another process of Fixpoint runs on this data directory.");
    return { ...joined, stop: async () => {} };
  }
  place.log("Took over the private Redis of a process that is gone.");
  writeFileSync(starterFile(place), String(process.pid), { mode: 0o600 });
  return { ...joined, stop: () => shutDownRedis(place.socketPath) };
}

/** Waits as long as the server reads its data, and ten seconds for one that says nothing. */
async function untilReady(place: RedisPlace, child?: ChildProcess): Promise<"ready" | "lost the lock"> {
  const patienceMs = 10_000;
  let lastSign = performance.now();
  while (performance.now() - lastSign < patienceMs) {
    const exit = child ? exitOf(child) : null;
    if (exit === lockTaken) return "lost the lock";
    if (exit !== null) {
      throw new Error(
        `The private Redis ended at once (${exit}). Its last words:\n${lastWords(place.dataDir)}`,
      );
    }
    const pulse = await pingRedis(place.socketPath);
    // another process may have been faster: then ours is about to end at the lock
    const isOurs = !child || (await redisProcess(place.socketPath)) === child.pid;
    if (pulse === "ready" && isOurs) return "ready";
    if (pulse === "loading") lastSign = performance.now();
    await sleep(10);
  }
  throw new Error(
    `The private Redis in ${place.dataDir} did not answer within ${patienceMs / 1000} seconds. Its last words:\n${lastWords(place.dataDir)}`,
  );
}

/** Exit code, or the name of the signal; null while it runs. */
function exitOf(child: ChildProcess): number | string | null {
  return child.exitCode ?? child.signalCode;
}

function starterFile(place: RedisPlace): string {
  return join(place.dataDir, "redis.starter");
}

function readStarter(place: RedisPlace): number | null {
  try {
    const pid = Number.parseInt(readFileSync(starterFile(place), "utf8"), 10);
    return pid > 0 ? pid : null;
  } catch {
    return null;
  }
}

function isAlive(pid: number | null): boolean {
  if (pid === null) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
