import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { fetchDistributionPackage } from "../../src/provision/distribution-package.ts";
import { findProgram, systemPath } from "../../src/provision/find-program.ts";

/** A real Redis of the test's own: a Unix socket in a directory of its own, durable as in production. */
export interface PrivateRedis {
  readonly socket: string;
  readonly pid: number;
  /** a new connection, closed with the server */
  connect(): Redis;
  isRunning(): boolean;
  /** kill -9, as a power cut would */
  kill(): Promise<void>;
  /** hears nothing for so many ms (SIGSTOP), as when the network to it is cut */
  standStill(ms: number): Promise<void>;
  /** starts it again on the same directory */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPrivateRedis(...settings: string[]): Promise<PrivateRedis> {
  const directory = mkdtempSync(join(tmpdir(), "fixpoint-redis-"));
  const socket = join(directory, "redis.sock");
  const program = await findRedis();
  const connections = new Set<Redis>();
  let server = await start();

  async function start() {
    const durable = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"];
    const place = ["--port", "0", "--unixsocket", socket, "--dir", directory, "--save", ""];
    const env = program.libraryPath === "" ? {} : { LD_LIBRARY_PATH: program.libraryPath };
    const child = spawn(program.path, [...place, ...durable, ...settings], {
      stdio: ["ignore", "pipe", "inherit"],
      env,
    });
    const endWithUs = () => child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.removeListener("exit", endWithUs));
    let said = "";
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", (text: Buffer) => {
        said += text.toString();
        if (said.includes("eady to accept connections")) resolve();
      });
      child.once("exit", (code) =>
        reject(new Error(`Redis ended with ${code} before it was ready:\n${said}`)),
      );
      child.once("error", reject);
    });
    return child;
  }

  const isRunning = () => server.exitCode === null && server.signalCode === null;

  async function end(signal: "SIGKILL" | "SIGTERM") {
    if (!isRunning()) return;
    const gone = once(server, "exit");
    server.kill(signal);
    await gone;
  }

  return {
    socket,
    get pid() {
      return server.pid ?? 0;
    },
    connect() {
      const redis = new Redis(socket, { maxRetriesPerRequest: null, retryStrategy: () => 50 });
      redis.on("error", () => {});
      connections.add(redis);
      return redis;
    },
    isRunning,
    kill: () => end("SIGKILL"),
    async standStill(ms) {
      server.kill("SIGSTOP");
      await setTimeout(ms);
      server.kill("SIGCONT");
    },
    async restart() {
      await end("SIGTERM");
      server = await start();
    },
    async stop() {
      for (const redis of connections) redis.disconnect();
      await end("SIGKILL");
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function findRedis(): Promise<{ path: string; libraryPath: string }> {
  const search = process.env["PATH"] ?? systemPath;
  const installed = findProgram("valkey-server", search) ?? findProgram("redis-server", search);
  if (installed) return { path: installed, libraryPath: "" };
  const names = {
    program: "redis-server",
    debian: "redis-server",
    fedora: "valkey",
    alpine: "valkey",
    arch: "valkey",
    suse: "valkey",
    macos: "valkey",
  };
  const cacheDir =
    process.env["FIXPOINT_CACHE_DIR"] ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fixpoint");
  const fetched = await fetchDistributionPackage({ names, cacheDir, log: () => {} });
  return { path: join(fetched.bin, "redis-server"), libraryPath: fetched.libraryPath };
}
