import type { Redis } from "ioredis";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { TryLater } from "../../src/errors.ts";
import { createProducer, type Producer } from "../../src/queue/producer.ts";
import { useRedis } from "../support/redis.ts";
import { eventually } from "./use-queue.ts";

const redis = useRedis();
let producer: Producer | undefined;
afterEach(() => producer?.close());

/** So little memory that what is used now is `part` of it. */
async function leave(connection: Redis, part: number) {
  const used = Number(/^used_memory:(\d+)/m.exec(await connection.info("memory"))?.[1]);
  await connection.config("SET", "maxmemory", Math.round(used / part));
}

test("near `maxmemory` no command is taken, which is told once, and hints for work under way still are", async () => {
  const told: { level: number; msg: string }[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => told.push(JSON.parse(line)) });
  producer = createProducer({ redisUrl: redis().socket, prefix: "{test}:", log });
  const { command, advance, ready } = producer;
  const connection = redis().connect();
  expect(await ready()).toBe(true);
  await command({ deliveryId: "before" });

  await leave(connection, 0.9);
  await eventually(async () => expect(await ready()).toBe(false));
  await expect(command({ deliveryId: "near" })).rejects.toThrow(TryLater);
  await expect(command({ deliveryId: "near" })).rejects.toThrow("Redis is nearly full");
  await advance("run_a");
  expect(await connection.keys("{test}:queue:commands:d-*")).toEqual(["{test}:queue:commands:d-before"]);
  expect(await connection.llen("{test}:queue:advance:wait")).toBe(1);

  await connection.config("SET", "maxmemory", "0");
  await eventually(() => command({ deliveryId: "near" }));
  expect(await ready()).toBe(true);
  expect(told.map(({ level, msg }) => ({ level, msg }))).toEqual([
    { level: 50, msg: "Redis is nearly full, so deliveries are answered 503: raise its `maxmemory`" },
    { level: 30, msg: "Redis has room again, and deliveries are taken" },
  ]);
});
