import { join } from "node:path";
import { fetchDistributionPackage } from "./distribution-package.ts";
import { findProgram, systemPath } from "./find-program.ts";
import { installAdvice, NeedsInstallError, type PackageNames, thisSystem } from "./install-advice.ts";
import type { RedisProgram } from "./redis-launch.ts";
import { runRedisServer } from "./redis-server.ts";

const redisPackage: PackageNames = {
  program: "Redis (or Valkey)",
  debian: "redis-server",
  fedora: "valkey",
  alpine: "valkey",
  arch: "valkey",
  suse: "valkey",
  macos: "valkey",
};

export interface ProvidedRedis {
  /** for ioredis: the configured URL, or `unix://` and the private server's socket */
  url: string;
  source: "configured" | "path" | "fetched" | "joined";
  /** ends a server that is ours to end; does nothing otherwise */
  stop(): Promise<void>;
}

/**
 * A Redis without set-up, in this order: the configured URL; a private server of the program found on `path`; the same with
 * the distribution's package, fetched without root. Throws NeedsInstallError, which says what to type, when there is none.
 */
export async function provideRedis(request: {
  url?: string;
  /** the private server's data and socket; nobody else may enter it */
  dataDir: string;
  cacheDir: string;
  log: (line: string) => void;
  path?: string;
  /** the setting that may hold a URL instead, for the advice when nothing can be found */
  urlSetting?: string;
}): Promise<ProvidedRedis> {
  if (request.url !== undefined) return { url: request.url, source: "configured", stop: async () => {} };
  const path = request.path ?? systemPath;
  let origin: ProvidedRedis["source"] = "path";
  const running = await runRedisServer({
    dataDir: request.dataDir,
    path,
    log: request.log,
    async findServer() {
      const installed = findProgram("valkey-server", path) ?? findProgram("redis-server", path);
      if (installed === null) origin = "fetched";
      return installed === null ? await fetchServer({ ...request, path }) : { program: installed };
    },
  });
  const source = running.startedBy === "us" ? origin : "joined";
  return { url: `unix://${running.socketPath}`, source, stop: running.stop };
}

async function fetchServer(request: {
  cacheDir: string;
  path: string;
  log: (line: string) => void;
  urlSetting?: string;
}): Promise<RedisProgram> {
  const system = thisSystem();
  const { urlSetting, ...rest } = request;
  const orElse = `Or give the URL of a Redis that you run yourself as ${urlSetting}.`;
  const names = urlSetting === undefined ? redisPackage : { ...redisPackage, orElse };
  if (system.platform !== "linux") {
    throw new NeedsInstallError(
      `${redisPackage.program} is not installed, and no Redis URL is configured. ${installAdvice(names, system)}`,
    );
  }
  const fetched = await fetchDistributionPackage({ names, ...rest });
  return { program: join(fetched.bin, "redis-server"), libraryPath: fetched.libraryPath };
}
