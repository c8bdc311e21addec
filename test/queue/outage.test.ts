import { describe, expect, test } from "vitest";
import { LeaseLost, TryLater } from "../../src/errors.ts";
import { useRedis } from "../support/redis.ts";
import { eventually, gate, useQueue } from "./use-queue.ts";

const redis = useRedis();
const { openProducer, openConsumers, createIdleProducer } = useQueue(redis);

describe("while Redis is away", () => {
  test("a producer fails at once, knows it, and goes on afterwards", async () => {
    const producer = await openProducer();
    await redis().kill();
    await eventually(async () => expect(await producer.ready()).toBe(false));
    const begun = performance.now();
    await expect(producer.command({ deliveryId: "d1" })).rejects.toThrow(TryLater);
    await expect(producer.advance("run_a")).rejects.toThrow(TryLater);
    expect(performance.now() - begun).toBeLessThan(500);
    await redis().restart();
    await eventually(async () => expect(await producer.ready()).toBe(true));
    await producer.command({ deliveryId: "d1" });
  });

  test("both ends may be started: nothing is taken for stored, and all goes well once it is there", async () => {
    await redis().kill();
    const producer = createIdleProducer();
    await expect(producer.command({ deliveryId: "d1" })).rejects.toThrow(TryLater);
    const seen: unknown[] = [];
    const opening = openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    await redis().restart();
    await opening;
    await eventually(async () => expect(await producer.ready()).toBe(true));
    await producer.command({ deliveryId: "d2" });
    await eventually(() => expect(seen).toEqual([{ deliveryId: "d2" }]));
  });

  test("what was stored before is done after", async () => {
    const producer = await openProducer();
    const seen: unknown[] = [];
    await openConsumers({ onCommand: async (payload) => void seen.push(payload) });
    await producer.command({ deliveryId: "before" });
    await eventually(() => expect(seen).toHaveLength(1));
    await redis().kill();
    await redis().restart();
    await eventually(() => producer.command({ deliveryId: "after" }));
    await eventually(() => expect(seen).toEqual([{ deliveryId: "before" }, { deliveryId: "after" }]));
  });

  test("a job whose lock is lost sees its signal abort", async () => {
    const producer = await openProducer();
    const begun = gate();
    let reason: unknown;
    await openConsumers({
      onAdvance: async (_, signal) => {
        begun.open();
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        reason = signal.reason;
        throw new LeaseLost("gone");
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    const connection = redis().connect();
    await connection.del(...(await connection.keys("{test}:queue:advance:*:lock")));
    await eventually(() => expect(reason).toBe("the lock is lost"));
  });
});

describe("closing", () => {
  test("lets work end that ends in time", async () => {
    const producer = await openProducer();
    const [begun, end] = [gate(), gate()];
    let outcome = "under way";
    const { close } = await openConsumers({
      onAdvance: async (_, signal) => {
        begun.open();
        await end.opened;
        outcome = signal.aborted ? "aborted" : "done";
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    const closing = close(10_000);
    await producer.advance("run_b");
    end.open();
    await closing;
    expect(outcome).toBe("done");
    expect(await redis().connect().llen("{test}:queue:advance:wait")).toBe(1);
  });

  test("aborts work that does not, and puts it back for another worker", async () => {
    const producer = await openProducer();
    const begun = gate();
    const { close } = await openConsumers({
      onAdvance: async (_, signal) => {
        begun.open();
        await new Promise((_, reject) =>
          signal.addEventListener("abort", () => reject(new Error("interrupted"))),
        );
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    await close(20);
    const seen: string[] = [];
    await openConsumers({ onAdvance: async (runId) => void seen.push(runId) });
    await eventually(() => expect(seen).toEqual(["run_a"]));
  });
});
