import { describe, expect, test } from "vitest";
import { rebuildIndex } from "../../src/journal/rebuild-index.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import { useRedis } from "../support/redis.ts";
import { held, openStarted, prefix, runId } from "./open-journal.ts";
import { sampleKey, sampleRequest } from "./sample-run.ts";

const redis = useRedis();

describe("the index", () => {
  const view = { status: "awaiting_ci", sha: "abc", branch: "agent/issue-7", ended: false } as const;

  test("finds a run by its head SHA and its status, in its own repository only", async () => {
    const { journal } = await openStarted(redis());
    await journal.index(runId, view);
    expect(await journal.runOfSha(42, "abc")).toBe(runId);
    expect(await journal.runOfSha(43, "abc")).toBeNull();
    expect(await journal.runsWithStatus("awaiting_ci")).toEqual([runId]);
    expect(await journal.runsWithStatus("queued")).toEqual([]);
  });

  test("keeps an ended run ended, whatever a worker that fell behind writes", async () => {
    const { journal } = await openStarted(redis());
    await journal.index(runId, { ...view, status: "merged", ended: true });
    await journal.index(runId, view);
    expect(await journal.activeRuns()).toEqual([]);
    expect(await journal.runsWithStatus("merged")).toEqual([runId]);
    expect(await journal.runsWithStatus("awaiting_ci")).toEqual([]);
  });

  test("is made anew from the logs", async () => {
    const { journal, leases, first, connection } = await openStarted(redis());
    const lease = await held(leases("a"));
    const published = { sha: "abc", branch: "agent/issue-7", pullNumber: 3, pullUrl: "u" };
    await journal.append(lease, first, { kind: "run.published", data: published });
    await lease.release();
    const kept = await connection.keys("*:log");
    for (const key of await connection.keys("*")) if (!kept.includes(key)) await connection.del(key);

    expect(await rebuildIndex({ redis: connection, prefix })).toEqual({ rebuilt: 1, broken: [] });
    expect(await journal.activeRuns()).toEqual([runId]);
    expect(await journal.runOfSha(42, "abc")).toBe(runId);
    expect(await journal.runOfBranch(42, "agent/issue-7")).toBe(runId);
    expect(await journal.startRun(sampleKey, sampleRequest)).toEqual({ runId, outcome: "already_started" });
    const other = { ...sampleKey, deliveryId: "delivery-2" };
    expect(await journal.startRun(other, sampleRequest)).toEqual({ runId, outcome: "already_active" });
  });

  test("names the runs whose log it cannot trust", async () => {
    const { connection } = await openStarted(redis());
    await connection.xadd("{test}:run:run_1_1_1:log", "1-0", "event", "{}", "hash", "x");
    const result = await rebuildIndex({ redis: connection, prefix });
    expect(result.rebuilt).toBe(1);
    expect(result.broken.map((fault) => fault.runId)).toEqual(["run_1_1_1"]);
  });
});

describe("the inbox", () => {
  const entry = (deliveryId: string) => ({
    deliveryId,
    command: "retry" as const,
    actor: { id: 1, login: "ada" },
    step: null,
    why: `because ${deliveryId}: "quoted"`,
  });

  test("keeps each delivery once and in the order of arrival", async () => {
    const { journal } = await openStarted(redis());
    const ids = Array.from({ length: 12 }, (_, at) => `d-${(at * 7) % 12}`);
    for (const id of [...ids, ...ids]) await journal.deliver(runId, entry(id));
    expect(await journal.inbox(runId)).toEqual(ids.map(entry));
  });

  test("drops what was taken into the log and keeps the rest", async () => {
    const { journal } = await openStarted(redis());
    for (const id of ["a", "b", "c"]) await journal.deliver(runId, entry(id));
    await journal.clearInbox(runId, ["a", "c"]);
    await journal.clearInbox(runId, []);
    expect(await journal.inbox(runId)).toEqual([entry("b")]);
  });
});

test("a prefix names the same keys with and without its braces and its colon", async () => {
  const { journal, connection } = await openStarted(redis());
  for (const same of ["test", "{test}:", "test:"]) {
    expect(await createJournal({ redis: connection, prefix: same, now: Date.now }).activeRuns()).toEqual([
      runId,
    ]);
  }
  expect(await createJournal({ redis: connection, prefix: "other", now: Date.now }).activeRuns()).toEqual([]);
  expect(await journal.activeRuns()).toEqual([runId]);
});
