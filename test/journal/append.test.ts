import { describe, expect, test } from "vitest";
import { LeaseLost, TryLater } from "../../src/errors.ts";
import { createBlobs } from "../../src/journal/blobs.ts";
import { verifyChain } from "../../src/journal/hash-chain.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { useRedis } from "../support/redis.ts";
import { held, openJournal, openStarted, prefix, runId } from "./open-journal.ts";
import { stepStarted } from "./sample-run.ts";

const redis = useRedis();

describe("append", () => {
  test("adds entry N-0 that builds on the one before", async () => {
    const { journal, leases, first, connection } = await openStarted(redis());
    const lease = await held(leases("a"));
    const second = await journal.append(lease, first, stepStarted(1));
    const third = await journal.append(lease, second, stepStarted(2));
    const events = await journal.read(runId);
    expect(events).toEqual([first, second, third]);
    expect(verifyChain(events)).toBeNull();
    expect(await journal.read(runId, 2)).toEqual([third]);
    expect(await journal.read(runId, 3)).toEqual([]);
    const ids = (await connection.xrange("{test}:run:run_42_7_1:log", "-", "+")).map(([id]) => id);
    expect(ids).toEqual(["1-0", "2-0", "3-0"]);
    await lease.release();
  });

  test("refuses the second of two writers that build on the same entry", async () => {
    const { journal, leases, first } = await openStarted(redis());
    const lease = await held(leases("a"));
    const answers = await Promise.allSettled([
      journal.append(lease, first, stepStarted(1)),
      journal.append(lease, first, stepStarted(2)),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(["fulfilled", "rejected"]);
    expect(answers[1]).toMatchObject({ reason: expect.any(LeaseLost) });
    expect(await journal.read(runId)).toHaveLength(2);
    await lease.release();
  });

  test("refuses a writer whose lease another has taken, though it believes in it", async () => {
    const { journal, leases, first } = await openStarted(redis());
    const old = {
      ...(await held(leases("a"))),
      check: () => {},
      signal: new AbortController().signal,
    };
    await openJournal(redis()).connection.del("{test}:run:run_42_7_1:lease");
    const lease = await held(leases("b"));
    await expect(journal.append(old, first, stepStarted(1))).rejects.toThrow(LeaseLost);
    const second = await journal.append(lease, first, stepStarted(2));
    await expect(journal.append(old, second, stepStarted(3))).rejects.toThrow(LeaseLost);
    expect(await journal.read(runId)).toEqual([first, second]);
    await lease.release();
  });

  test("takes a repeat of the same append for done, when its answer was lost", async () => {
    const { journal, leases, first, connection } = await openStarted(redis());
    const frozen = createJournal({ redis: connection, prefix, now: () => 5 });
    const lease = await held(leases("a"));
    const once = await frozen.append(lease, first, stepStarted(1));
    expect(await frozen.append(lease, first, stepStarted(1))).toEqual(once);
    expect(await journal.read(runId)).toEqual([first, once]);
    await lease.release();
  });

  test("refuses a payload that its kind does not allow, and stores nothing", async () => {
    const { journal, leases, first } = await openStarted(redis());
    const lease = await held(leases("a"));
    const wrong = { kind: "step.started", data: { step: "one" } } as unknown as NewEvent;
    await expect(journal.append(lease, first, wrong)).rejects.toThrow(/expected number/);
    expect(await journal.read(runId)).toEqual([first]);
    await lease.release();
  });
});

test("a Redis that is full puts the work aside, loses nothing and takes it up again when there is room", async () => {
  const { journal, leases, first, connection } = await openStarted(redis());
  const lease = await held(leases("a"));
  await connection.config("SET", "maxmemory", "1");
  await expect(journal.append(lease, first, stepStarted(1))).rejects.toThrow(TryLater);
  await expect(leases("b").take("run_1_1_1")).rejects.toThrow(TryLater);
  await expect(createBlobs({ redis: connection, prefix }).put("text")).rejects.toThrow(
    "Redis is out of memory",
  );
  expect(await journal.read(runId)).toEqual([first]);
  lease.check();
  await connection.config("SET", "maxmemory", "0");
  const second = await journal.append(lease, first, stepStarted(1));
  expect(await journal.read(runId)).toEqual([first, second]);
  await lease.release();
});
