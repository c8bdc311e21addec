import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { createSweep } from "../../src/queue/sweep.ts";

const silent = pino({ level: "silent" });
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5_000, interval: 2 });

test("hints each run that nobody holds, again and again, but less and less often", async () => {
  let clock = 0;
  const hints: { runId: string; at: number }[] = [];
  let looks = 0;
  const sweep = createSweep({
    orphans: async () => {
      looks += 1;
      clock += 1_000;
      return ["run_a"];
    },
    hint: async (runId) => void hints.push({ runId, at: clock }),
    everyMs: 1,
    monotonic: () => clock,
    log: silent,
  });
  await eventually(() => expect(looks).toBeGreaterThan(70));
  await sweep.stop();
  // everyMs is 1 here, so the pauses of 1, 2, 4 … ms end within one look until they have grown beyond 1,000 ms
  const pauses = hints.slice(1).map((hint, at) => hint.at - (hints[at]?.at ?? 0));
  expect(pauses.slice(0, 14)).toEqual([...Array(10).fill(1_000), 2_000, 3_000, 5_000, 9_000]);
});

test("hints a run at once when it was held in between", async () => {
  const answers = [["run_a"], [], ["run_a"], ["run_a"]];
  const hints: number[] = [];
  let looks = 0;
  const sweep = createSweep({
    orphans: async () => answers[looks++] ?? [],
    hint: async () => void hints.push(looks),
    everyMs: 1,
    monotonic: () => 0,
    log: silent,
  });
  await eventually(() => expect(looks).toBeGreaterThan(5));
  await sweep.stop();
  expect(hints).toEqual([1, 3]);
});

test("goes on after trouble, tells of it once, and stops when it is told to", async () => {
  const lines: string[] = [];
  let looks = 0;
  const hints: string[] = [];
  const sweep = createSweep({
    orphans: async () => {
      looks += 1;
      if (looks < 4) throw new Error("no Redis");
      return ["run_a"];
    },
    hint: async (runId) => void hints.push(runId),
    everyMs: 1,
    log: pino({}, { write: (line: string) => lines.push(String(JSON.parse(line).msg)) }),
  });
  await eventually(() => expect(hints.length).toBeGreaterThan(0));
  await sweep.stop();
  expect(lines).toEqual(["the sweep cannot look for runs; trying again"]);
  const before = looks;
  await new Promise((resolve) => setImmediate(resolve));
  expect(looks).toBe(before);
});
