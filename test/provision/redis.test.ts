import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { findProgram, systemPath } from "../../src/provision/find-program.ts";
import { type ProvidedRedis, provideRedis } from "../../src/provision/redis.ts";
import { pingRedis } from "../../src/provision/redis-ping.ts";
import { redisSocketPath } from "../../src/provision/redis-socket.ts";
import { createNobodysPlace, type NobodysPlace } from "./as-nobody.ts";

// fetches packages, on a machine that may be busy
vi.setConfig({ testTimeout: 120_000 });

const cacheDir = process.env["FIXPOINT_CACHE_DIR"] ?? join(homedir(), ".cache/fixpoint");
const program = "test/provision/provide-program.ts";
let place: NobodysPlace;
const directories: string[] = [];
const provided: ProvidedRedis[] = [];

beforeAll(() => {
  place = createNobodysPlace();
});
afterEach(async () => {
  for (const redis of provided.splice(0)) await redis.stop();
});
afterAll(() => {
  place.remove();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "fixpoint-provision-"));
  directories.push(directory);
  return directory;
}

async function provide(dataDir: string, log: string[] = []): Promise<ProvidedRedis> {
  const redis = await provideRedis({ dataDir, cacheDir, log: (line) => log.push(line) });
  provided.push(redis);
  return redis;
}

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on("error", () => {});
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

const socketOf = (redis: ProvidedRedis) => redis.url.replace("unix://", "");
const source =
  (findProgram("valkey-server", systemPath) ?? findProgram("redis-server", systemPath)) ? "path" : "fetched";

test("a configured URL is used as it is, and nothing is started", async () => {
  const dataDir = join(newDirectory(), "data");
  const redis = await provideRedis({
    url: "redis://redis.internal:6379/2",
    dataDir,
    cacheDir,
    log: () => {},
  });
  await redis.stop();
  expect(redis).toEqual({
    url: "redis://redis.internal:6379/2",
    source: "configured",
    stop: expect.any(Function),
  });
  expect(existsSync(dataDir)).toBe(false);
});

test("a private server keeps what it acknowledged, drops nothing, and can be reached by this user alone", async () => {
  const dataDir = newDirectory();
  const redis = await provide(dataDir);
  const settings = await withClient(redis.url, async (client) => {
    const names = ["appendonly", "appendfsync", "maxmemory-policy", "port", "save", "unixsocketperm"];
    return Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, ((await client.config("GET", name)) as string[])[1]]),
      ),
    );
  });
  expect(settings).toEqual({
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    port: "0",
    save: "",
    unixsocketperm: "700",
  });
  expect(redis).toEqual({ url: `unix://${dataDir}/redis.sock`, source, stop: expect.any(Function) });
  expect([statSync(dataDir).mode & 0o777, statSync(socketOf(redis)).mode & 0o777]).toEqual([0o700, 0o700]);
});

test("stopping waits for the server's end, and the next start finds the data", async () => {
  const dataDir = newDirectory();
  const first = await provide(dataDir);
  await withClient(first.url, (client) => client.set("kept", "yes"));
  await first.stop();
  expect(await pingRedis(socketOf(first))).toBe("silent");
  const second = await provide(dataDir);
  expect(await withClient(second.url, (client) => client.get("kept"))).toBe("yes");
});

test("a second caller joins the server of a directory, and its stop leaves that server running", async () => {
  const dataDir = newDirectory();
  const log: string[] = [];
  const first = await provide(dataDir, log);
  const second = await provide(dataDir, log);
  expect({ url: second.url, source: second.source }).toEqual({ url: first.url, source: "joined" });
  expect(log.at(-1)).toBe(
    "Joined the private Redis that another process of Fixpoint runs on this data directory.",
  );
  await second.stop();
  expect(await pingRedis(socketOf(first))).toBe("ready");
});

test("two callers at the same moment end up with one server", async () => {
  const dataDir = newDirectory();
  const log: string[] = [];
  const both = await Promise.all([provide(dataDir, log), provide(dataDir, log)]);
  expect(both.map((redis) => redis.source).sort()).toEqual([source, "joined"].sort());
  const servers = await Promise.all(
    both.map((redis) => withClient(redis.url, (client) => client.info("server"))),
  );
  const ids = servers.map((info) => /run_id:(\w+)/.exec(info)?.[1]);
  expect(new Set(ids).size).toBe(1);
  expect(log).not.toContain("The private Redis ended unexpectedly; starting it again.");
});

test("the server of a process that was killed is taken over, and stopping then ends it", async () => {
  const dataDir = newDirectory();
  await provideAndDie(dataDir);
  const log: string[] = [];
  const redis = await provide(dataDir, log);
  expect([redis.source, log]).toEqual(["joined", ["Took over the private Redis of a process that is gone."]]);
  await redis.stop();
  expect(await pingRedis(socketOf(redis))).toBe("silent");
});

test("a server that was killed together with its process leaves a socket that does not stand in the way", async () => {
  const dataDir = newDirectory();
  const { url } = await provideAndDie(dataDir);
  await withClient(url, (client) => client.set("acknowledged", "yes"));
  process.kill(await serverOf(url), "SIGKILL");
  await until(async () => (await pingRedis(url.replace("unix://", ""))) === "silent");
  expect(existsSync(join(dataDir, "redis.sock"))).toBe(true);
  const redis = await provide(dataDir);
  expect([redis.source, await withClient(redis.url, (client) => client.get("acknowledged"))]).toEqual([
    source,
    "yes",
  ]);
});

test("a server that is killed while we run comes back by itself with what it acknowledged", async () => {
  const log: string[] = [];
  const redis = await provide(newDirectory(), log);
  const kept = await withClient(redis.url, async (client) => {
    await client.set("acknowledged", "yes");
    process.kill(await serverOf(redis.url), "SIGKILL");
    await until(async () => log.includes("The private Redis ended unexpectedly; starting it again."));
    return client.get("acknowledged");
  });
  expect(kept).toBe("yes");
});

test.each([
  ["long", "long".repeat(30)],
  ["odd", "with space"],
])(
  "a data directory with a %s path gets its socket elsewhere, in a directory of this user alone",
  async (_, name) => {
    const dataDir = join(newDirectory(), name);
    const redis = await provide(dataDir);
    const directory = dirname(socketOf(redis));
    directories.push(directory);
    expect(directory).toBe(
      join(
        tmpdir(),
        `fixpoint-${process.geteuid?.()}-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}`,
      ),
    );
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(await withClient(redis.url, (client) => client.ping())).toBe("PONG");
  },
);

test("a directory that somebody else could enter is not trusted with a socket", () => {
  const dataDir = join(newDirectory(), "long".repeat(30));
  const directory = dirname(redisSocketPath(dataDir));
  directories.push(directory);
  chmodSync(directory, 0o755);
  expect(() => redisSocketPath(dataDir)).toThrow(/must be a directory that only this user can enter/);
});

test("a server that cannot start says why", async () => {
  const dataDir = newDirectory();
  mkdirSync(join(dataDir, "appendonlydir"));
  writeFileSync(join(dataDir, "appendonlydir/appendonly.aof.manifest"), "this is no manifest\n");
  await expect(provide(dataDir)).rejects.toThrow(
    /^The private Redis ended at once \(1\)\. Its last words:\n.*manifest/s,
  );
});

test("without a server, without apt and without a URL the message says what to install, and where a URL may stand", async () => {
  const where = { cacheDir: newDirectory(), path: newDirectory(), log: () => {} };
  await expect(
    provideRedis({ ...where, dataDir: newDirectory(), urlSetting: "SOME_SETTING" }),
  ).rejects.toThrow(
    /^Redis \(or Valkey\) is not installed, .*Install .*\nOr give the URL of a Redis .* SOME_SETTING\.$/s,
  );
  const without = await provideRedis({ ...where, dataDir: newDirectory() }).catch(String);
  expect(without).toMatch(/Install .*$/);
  expect(without).not.toContain("URL of a Redis");
});

// its own fetch: the cache of the user who runs the tests may lie where nobody cannot go
test.runIf(findProgram("apt-get", systemPath))(
  "an ordinary user gets a fetched server without any set-up",
  async () => {
    const [cache, dataDir] = [join(place.home, "cache"), join(place.home, "data")];
    expect(await place.run(program, "redis", cache, dataDir)).toEqual({
      url: `unix://${dataDir}/redis.sock`,
      source,
      pulse: "ready",
      log: source === "fetched" ? [expect.stringContaining("fetching the package redis-server into")] : [],
    });
    expect(await pingRedis(join(dataDir, "redis.sock"))).toBe("silent");
  },
);

/** A process of its own that provides a Redis and is then killed, as by a power cut. */
async function provideAndDie(dataDir: string): Promise<{ url: string }> {
  const args = ["--import", "tsx", program, "redis", cacheDir, dataDir, "die"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [, signal] = await once(child, "close");
  expect(signal).toBe("SIGKILL");
  return JSON.parse(printed);
}

async function serverOf(url: string): Promise<number> {
  const info = await withClient(url, (client) => client.info("server"));
  return Number(/process_id:(\d+)/.exec(info)?.[1]);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}
