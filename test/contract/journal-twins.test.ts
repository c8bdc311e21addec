import fc from "fast-check";
import { expect, test } from "vitest";
import type { InboxEntry, Lease } from "../../src/journal/journal.ts";
import { isEnded, statuses } from "../../src/run/status.ts";
import { sampleKey, sampleRequest, stepStarted } from "../journal/sample-run.ts";
import { useRedis } from "../support/redis.ts";
import type { JournalBench } from "./journal-bench.ts";
import { openInMemory, openInRedis } from "./open-benches.ts";

const redis = useRedis();

type Step =
  | {
      do: "start" | "append" | "stale" | "release" | "put_aside" | "take" | "inbox";
      worker: number;
      n: number;
    }
  | { do: "index" | "deliver" | "clear"; worker: number; n: number };

const steps = fc.array(
  fc.record({
    do: fc.constantFrom<Step["do"]>(
      "start",
      "take",
      "append",
      "append",
      "stale",
      "release",
      "put_aside",
      "inbox",
      "index",
      "deliver",
      "clear",
    ),
    worker: fc.integer({ min: 0, max: 2 }),
    n: fc.integer({ min: 0, max: 13 }),
  }),
  { minLength: 10, maxLength: 60 },
);

/** Plays the steps and writes down every answer, and after each what anybody can see. */
async function play(bench: JournalBench, all: readonly Step[]): Promise<unknown[]> {
  const { journal } = bench;
  const leases = [0, 1, 2].map((worker) => bench.leases(`w${worker}`));
  const kept: (Lease | null)[] = [null, null, null];
  const answers: unknown[] = [];
  const runOf = async () => (await journal.runOfIssue(42, 7)) ?? "run_42_7_1";
  const entry = (n: number): InboxEntry => ({
    deliveryId: `d${n % 5}`,
    command: n % 2 === 0 ? "stop" : "retry",
    actor: { id: 1, login: "ada" },
    step: null,
    why: null,
  });

  async function step({ do: verb, worker, n }: Step): Promise<unknown> {
    const runId = await runOf();
    const lease = kept[worker] ?? null;
    switch (verb) {
      case "start":
        return journal.startRun({ ...sampleKey, deliveryId: `start-${n % 4}` }, sampleRequest);
      case "take": {
        const taken = await leases[worker]?.take(runId);
        if (taken) kept[worker] = taken;
        return taken ? taken.epoch : null;
      }
      case "append":
      case "stale": {
        const last = (await journal.read(runId)).at(verb === "stale" ? -2 : -1);
        if (!lease || !last) return "nothing to append";
        return journal.append(lease, last, stepStarted(n + 1));
      }
      case "release":
        return lease?.release();
      case "put_aside":
        return lease?.release({ quietMs: 60_000 });
      case "inbox":
        return journal.inbox(runId);
      case "index": {
        const status = statuses[n] ?? "queued";
        return journal.index(runId, { status, sha: `sha-${n % 3}`, branch: "b", ended: isEnded(status) });
      }
      case "deliver":
        return journal.deliver(runId, entry(n));
      case "clear":
        return journal.clearInbox(runId, [`d${n % 5}`]);
      default:
        return verb satisfies never;
    }
  }

  for (const each of all) {
    answers.push(
      await step(each).then(
        (value) => ["answered", value ?? null],
        (error: Error) => ["refused", error.name, error.message],
      ),
    );
    answers.push(
      await Promise.all([journal.activeRuns(), bench.leases("sweep").orphans(), journal.read(await runOf())]),
    );
  }
  for (const lease of kept) await lease?.release().catch(() => undefined);
  return answers;
}

test("whatever is done in whatever order, the journal in memory answers as the one in Redis does", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      await redis().connect().flushall();
      expect(await play(openInMemory(), all)).toEqual(await play(openInRedis(redis()), all));
    }),
    { numRuns: 30, seed: 7 },
  );
});
