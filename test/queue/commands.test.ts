import { describe, expect, test } from "vitest";
import { z } from "zod";
import { TryLater } from "../../src/errors.ts";
import { useRedis } from "../support/redis.ts";
import { eventually, useQueue } from "./use-queue.ts";

const redis = useRedis();
const { openProducer, openConsumers } = useQueue(redis);

describe("a command", () => {
  test("reaches the worker as it was sent, and once though its delivery came three times", async () => {
    const producer = await openProducer();
    const command = { kind: "start", deliveryId: "72d3162e-cc78-11e3-81ab-4c9367dc0958", installationId: 9 };
    const seen: unknown[] = [];
    await producer.command(command);
    await producer.command(command);
    await openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    await eventually(() => expect(seen).toEqual([command]));
    await producer.command(command);
    await producer.command({ deliveryId: "other:one" });
    await eventually(() => expect(seen).toEqual([command, { deliveryId: "other:one" }]));
    expect(
      await redis().connect().exists("{test}:queue:commands:d-72d3162e-cc78-11e3-81ab-4c9367dc0958"),
    ).toBe(1);
  });

  test("is not done again when its delivery is sent again two days later", async () => {
    const producer = await openProducer();
    const seen: unknown[] = [];
    await openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    const connection = redis().connect();
    const finished = "{test}:queue:commands:completed";
    await producer.command({ deliveryId: "d1" });
    await eventually(async () => expect(await connection.zcard(finished)).toBe(1));
    const twoDaysAgo = Date.now() - 2 * 24 * 60 * 60_000;
    await connection.zadd(finished, twoDaysAgo, "d-d1");
    await connection.hset("{test}:queue:commands:d-d1", "finishedOn", twoDaysAgo, "timestamp", twoDaysAgo);
    // What is too old is cleared away whenever another job ends.
    await producer.command({ deliveryId: "d2" });
    await eventually(async () => expect(await connection.zcard(finished)).toBe(2));
    await producer.command({ deliveryId: "d1" });
    await producer.command({ deliveryId: "d3" });
    await eventually(() => expect(seen.map((each) => JSON.stringify(each))).toContain('{"deliveryId":"d3"}'));
    expect(seen).toEqual([{ deliveryId: "d1" }, { deliveryId: "d2" }, { deliveryId: "d3" }]);
  });

  test("that should be tried later comes back without costing an attempt, however often", async () => {
    const producer = await openProducer();
    let tries = 0;
    await openConsumers({
      onCommand: async () => {
        tries += 1;
        if (tries <= 8) throw new TryLater("GitHub is tired", 5);
      },
    });
    await producer.command({ deliveryId: "d1" });
    await eventually(() => expect(tries).toBe(9));
    await eventually(async () =>
      expect(await redis().connect().hget("{test}:queue:commands:d-d1", "finishedOn")).not.toBeNull(),
    );
    expect(await redis().connect().hget("{test}:queue:commands:d-d1", "failedReason")).toBeNull();
  });

  test("with a poisoned payload is kept as failed at once, loudly, and tried again only when it is sent again", async () => {
    const producer = await openProducer();
    let tries = 0;
    const { lines } = await openConsumers({
      onCommand: async (payload) => {
        tries += 1;
        z.object({ kind: z.literal("start") }).parse(payload);
      },
    });
    await producer.command({ deliveryId: "d1" });
    await eventually(() =>
      expect(lines.map(({ level, msg }) => ({ level, msg }))).toEqual([
        { level: 50, msg: "gave up on this job; it is kept as failed" },
      ]),
    );
    expect(tries).toBe(1);
    expect(await redis().connect().zcard("{test}:queue:commands:failed")).toBe(1);
    await producer.command({ deliveryId: "d1" });
    await eventually(() => expect(tries).toBe(2));
  });

  test("that breaks is tried five times with growing pauses, then kept as failed", async () => {
    const producer = await openProducer();
    let tries = 0;
    const { lines } = await openConsumers({
      onCommand: async () => {
        tries += 1;
        throw new Error("a defect");
      },
    });
    await producer.command({ deliveryId: "d1" });
    const connection = redis().connect();
    // No need to sit out the pauses: a delayed job is moved up as soon as it is seen.
    await eventually(async () => {
      for (const id of await connection.zrange("{test}:queue:commands:delayed", "0", "-1")) {
        // Only if it is still there: by now it may be under way.
        await connection.zadd("{test}:queue:commands:delayed", "XX", 0, id);
        await connection.zadd("{test}:queue:commands:marker", 0, "1");
      }
      expect(lines.at(-1)).toMatchObject({ level: 50, attempts: 5 });
    });
    expect(tries).toBe(5);
    expect(lines.map((line) => line.level)).toEqual([40, 40, 40, 40, 50]);
  });

  test("that is too large for a queue is refused where it is sent", async () => {
    const producer = await openProducer();
    const large = { deliveryId: "d1", body: "x".repeat(70_000) };
    await expect(producer.command(large)).rejects.toThrow("exceeds");
  });
});
