import { describe, expect, test } from "vitest";
import { LeaseLost, TryLater } from "../../src/errors.ts";
import { useRedis } from "../support/redis.ts";
import { eventually, gate, useQueue } from "./use-queue.ts";

const redis = useRedis();
const { openProducer, openConsumers } = useQueue(redis);

describe("hints", () => {
  test("that wait for the same run are one, and other runs are not held up", async () => {
    const producer = await openProducer();
    for (let time = 0; time < 20; time++) await producer.advance("run_a");
    await producer.advance("run_b");
    const seen: string[] = [];
    await openConsumers({ onAdvance: async (runId) => void seen.push(runId) });
    await eventually(() => expect(seen).toEqual(["run_a", "run_b"]));
    await eventually(async () =>
      expect(await redis().connect().keys("{test}:queue:advance:[0-9]*")).toEqual([]),
    );
    expect(seen).toEqual(["run_a", "run_b"]);
  });

  test("that come while the run is worked on are not lost", async () => {
    const producer = await openProducer();
    const [begun, end] = [gate(), gate()];
    let turns = 0;
    await openConsumers({
      onAdvance: async () => {
        turns += 1;
        if (turns > 1) return;
        begun.open();
        await end.opened;
      },
    });
    await producer.advance("run_a");
    await begun.opened;
    await producer.advance("run_a");
    await eventually(() => expect(turns).toBe(2));
    end.open();
  });

  test("for later do not hold up a hint for now, and the last of them counts", async () => {
    const producer = await openProducer();
    const seen: string[] = [];
    await openConsumers({ onAdvance: async (runId) => void seen.push(runId) });
    for (const delayMs of [1, 100_000, 90_000]) await producer.advance("run_a", { delayMs: delayMs * 1_000 });
    expect(await redis().connect().zcard("{test}:queue:advance:delayed")).toBe(1);
    await producer.advance("run_a");
    await eventually(() => expect(seen).toEqual(["run_a"]));
    await producer.advance("run_a", { delayMs: 30 });
    await eventually(() => expect(seen).toEqual(["run_a", "run_a"]));
    expect(await redis().connect().zcard("{test}:queue:advance:delayed")).toBe(0);
  });

  test("for later may be asked for from within the work, again and again", async () => {
    const producer = await openProducer();
    let turns = 0;
    await openConsumers({
      onAdvance: async (runId) => {
        turns += 1;
        if (turns < 5) await producer.advance(runId, { delayMs: 10 });
      },
    });
    await producer.advance("run_a");
    await eventually(() => expect(turns).toBe(5));
  });

  test("whose run wants to be left alone for a while come back after it, and cost no attempt", async () => {
    const producer = await openProducer();
    let turns = 0;
    const { lines } = await openConsumers({
      onAdvance: async () => {
        turns += 1;
        if (turns < 9) throw new TryLater("rate limit", 5);
      },
    });
    await producer.advance("run_a");
    await eventually(() => expect(turns).toBe(9));
    expect(lines).toEqual([]);
  });

  test("whose run went to another worker are done", async () => {
    const producer = await openProducer();
    const { lines } = await openConsumers({
      onAdvance: async () => {
        throw new LeaseLost("gone");
      },
    });
    await producer.advance("run_a");
    await eventually(() => expect(lines.map((line) => line.msg)).toEqual(["the run was left"]));
    await eventually(async () =>
      expect(await redis().connect().keys("{test}:queue:advance:[0-9]*")).toEqual([]),
    );
  });
});
