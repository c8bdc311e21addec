import { once } from "node:events";
import { pino } from "pino";
import { expect, test } from "vitest";
import { connectionOptions, createRedis } from "../../src/journal/connection.ts";
import { startPrivateRedis } from "../support/redis.ts";

function listeningLog() {
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => lines.push(String(JSON.parse(line).msg)) });
  return { lines, log };
}

test("a worker's commands wait for Redis to come back; an outage is told once, and its end", async () => {
  const redis = await startPrivateRedis();
  const { lines, log } = listeningLog();
  const connection = createRedis(redis.socket, { name: "worker", whenDown: "wait", log });
  await connection.set("key", "kept");
  await redis.kill();
  const answer = connection.get("key");
  await redis.restart();
  expect(await answer).toBe("kept");
  expect(lines).toEqual(["Redis cannot be reached; trying again", "Redis is back"]);
  connection.disconnect();
  await redis.stop();
});

test("a producer's commands fail at once while Redis is away, and go through afterwards", async () => {
  const redis = await startPrivateRedis();
  const { log } = listeningLog();
  const connection = createRedis(`unix://${redis.socket}`, { name: "producer", whenDown: "fail", log });
  await once(connection, "ready");
  await redis.kill();
  const begun = performance.now();
  await expect(connection.get("key")).rejects.toThrow();
  expect(performance.now() - begun).toBeLessThan(1_000);
  const back = once(connection, "ready");
  await redis.restart();
  await back;
  expect(await connection.get("key")).toBeNull();
  connection.disconnect();
  await redis.stop();
});

test("an address is a URL or the path of a socket", () => {
  const address = (target: string) => {
    const { path, host, port, db, username, password, tls } = connectionOptions(target) as Record<
      string,
      unknown
    >;
    return { path, host, port, db, username, password, tls };
  };
  expect(address("/run/a b/redis.sock")).toEqual({ path: "/run/a b/redis.sock" });
  expect(address("unix:///run/100%/redis.sock")).toEqual({ path: "/run/100%/redis.sock" });
  expect(address("redis://localhost")).toEqual({ host: "localhost", port: 6379, db: 0 });
  expect(address("rediss://me:p%40ss@[::1]:7000/2")).toEqual({
    host: "::1",
    port: 7000,
    db: 2,
    username: "me",
    password: "p@ss",
    tls: {},
  });
});
