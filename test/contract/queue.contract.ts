import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { LeaseLost, TryLater } from "../../src/errors.ts";
import type { QueueBench } from "./queue-bench.ts";

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 10 });
const calm = () => new Promise((resolve) => setTimeout(resolve, 150));

function latch() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** What the web process and the worker rely on, whoever keeps the jobs. */
export function queueContract(name: string, open: () => QueueBench): void {
  describe(`a command in a queue ${name}`, () => {
    test("is handed out as it was sent, and once though it came three times", async () => {
      const bench = open();
      const producer = await bench.producer();
      const seen: unknown[] = [];
      const command = { deliveryId: "d-1", kind: "start" };
      await producer.command(command);
      await producer.command(command);
      await bench.consumers({ onCommand: async (payload) => void seen.push(payload) });
      await eventually(() => expect(seen).toEqual([command]));
      await producer.command(command);
      await producer.command({ deliveryId: "other:one" });
      await eventually(() => expect(seen).toEqual([command, { deliveryId: "other:one" }]));
    });

    test("that should be tried later comes back without costing an attempt, however often", async () => {
      const bench = open();
      let tries = 0;
      await bench.consumers({
        onCommand: async () => {
          tries += 1;
          if (tries <= 8) throw new TryLater("GitHub is tired", 5);
        },
      });
      await (await bench.producer()).command({ deliveryId: "d-1" });
      await eventually(() => expect(tries).toBe(9));
      await calm();
      expect(tries).toBe(9);
    });

    test("that breaks is tried again after a while", async () => {
      const bench = open();
      const at: number[] = [];
      await bench.consumers({
        onCommand: async () => {
          at.push(performance.now());
          if (at.length === 1) throw new Error("a defect");
        },
      });
      await (await bench.producer()).command({ deliveryId: "d-1" });
      await eventually(() => expect(at).toHaveLength(2));
      expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(400);
    });

    test("with a poisoned payload is given up, and tried again only when it is sent again", async () => {
      const bench = open();
      const producer = await bench.producer();
      let tries = 0;
      await bench.consumers({
        onCommand: async (payload) => {
          tries += 1;
          z.object({ kind: z.literal("start") }).parse(payload);
        },
      });
      await producer.command({ deliveryId: "d-1" });
      await eventually(() => expect(tries).toBe(1));
      await calm();
      expect(tries).toBe(1);
      await producer.command({ deliveryId: "d-1" });
      await eventually(() => expect(tries).toBe(2));
    });

    test("that is under way when its process ends is aborted, put back, and done by another", async () => {
      const bench = open();
      const begun = latch();
      const seen: string[] = [];
      const first = await bench.consumers({
        onCommand: (_command, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(new Error("aborted")));
            begun.open();
          }),
      });
      await (await bench.producer()).command({ deliveryId: "d-1" });
      await begun.opened;
      await first.close({ withinMs: 0 });
      await bench.consumers({ onCommand: async () => void seen.push("done") });
      await eventually(() => expect(seen).toEqual(["done"]));
    });
  });

  describe(`hints in a queue ${name}`, () => {
    test("that wait for the same run are one, and other runs are not held up", async () => {
      const bench = open();
      const producer = await bench.producer();
      for (let time = 0; time < 5; time++) await producer.advance("run_a");
      await producer.advance("run_b");
      const seen: string[] = [];
      await bench.consumers({ onAdvance: async (runId) => void seen.push(runId) });
      await eventually(() => expect(seen).toEqual(["run_a", "run_b"]));
      await calm();
      expect(seen).toEqual(["run_a", "run_b"]);
    });

    test("that come while the run is worked on are not lost", async () => {
      const bench = open();
      const producer = await bench.producer();
      const [begun, end] = [latch(), latch()];
      let turns = 0;
      await bench.consumers({
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
      const bench = open();
      const producer = await bench.producer();
      const seen: string[] = [];
      await bench.consumers({ onAdvance: async (runId) => void seen.push(runId) });
      for (const delayMs of [100_000, 90_000, 80_000]) await producer.advance("run_a", { delayMs });
      await producer.advance("run_a");
      await eventually(() => expect(seen).toEqual(["run_a"]));
      await producer.advance("run_a", { delayMs: 30 });
      await eventually(() => expect(seen).toEqual(["run_a", "run_a"]));
      await calm();
      expect(seen).toEqual(["run_a", "run_a"]);
    });

    test("whose run wants to be left alone come back after it; whose run went to another worker do not", async () => {
      const bench = open();
      const producer = await bench.producer();
      const seen: string[] = [];
      await bench.consumers({
        onAdvance: async (runId) => {
          seen.push(runId);
          if (runId === "run_lost") throw new LeaseLost("gone");
          if (seen.filter((each) => each === "run_tired").length < 4) throw new TryLater("rate limit", 5);
        },
      });
      await producer.advance("run_lost");
      await producer.advance("run_tired");
      const times = (runId: string) => seen.filter((each) => each === runId).length;
      await eventually(() => expect([times("run_lost"), times("run_tired")]).toEqual([1, 4]));
      await calm();
      expect([times("run_lost"), times("run_tired")]).toEqual([1, 4]);
    });
  });
}
