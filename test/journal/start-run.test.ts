import { describe, expect, test } from "vitest";
import { chainEvent } from "../../src/journal/hash-chain.ts";
import { useRedis } from "../support/redis.ts";
import { openJournal, openStarted, runId } from "./open-journal.ts";
import { sampleKey, sampleRequest } from "./sample-run.ts";

const redis = useRedis();

describe("startRun", () => {
  test("begins a log with run.requested, and the run is active", async () => {
    const { journal } = openJournal(redis());
    expect(await journal.startRun(sampleKey, sampleRequest)).toEqual({ runId, outcome: "started" });
    const data = sampleRequest(1).request;
    const event = chainEvent({ seq: 0, hash: "0".repeat(64) }, 1_000, { kind: "run.requested", data });
    expect(await journal.read(runId)).toEqual([event]);
    expect(await journal.activeRuns()).toEqual([runId]);
    expect(await journal.runOfIssue(42, 7)).toBe(runId);
    expect(await journal.runOfBranch(42, "agent/issue-7")).toBe(runId);
    expect(await journal.runsWithStatus("queued")).toEqual([runId]);
  });

  test("gives one run to twenty deliveries that race", async () => {
    const racers = Array.from({ length: 20 }, (_, at) => {
      const { journal } = openJournal(redis());
      const deliveryId = `delivery-${at}`;
      return journal.startRun({ ...sampleKey, deliveryId }, (ordinal) => sampleRequest(ordinal, deliveryId));
    });
    const answers = await Promise.all(racers);
    expect(new Set(answers.map((answer) => answer.runId))).toEqual(new Set([runId]));
    expect(answers.filter((answer) => answer.outcome === "started")).toHaveLength(1);
    expect(answers.filter((answer) => answer.outcome === "already_active")).toHaveLength(19);
    expect(await openJournal(redis()).journal.read(runId)).toHaveLength(1);
  });

  test("gives one run to one delivery that is asked twenty times at once", async () => {
    const racers = Array.from({ length: 20 }, () =>
      openJournal(redis()).journal.startRun(sampleKey, sampleRequest),
    );
    const outcomes = (await Promise.all(racers)).map((answer) => answer.outcome);
    expect(outcomes.filter((outcome) => outcome === "started")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "already_started")).toHaveLength(19);
  });

  test("answers the same delivery with the same run even when that run has ended", async () => {
    const { journal } = await openStarted(redis());
    const late = { ...sampleKey, deliveryId: "delivery-2" };
    expect(await journal.startRun(late, sampleRequest)).toEqual({ runId, outcome: "already_active" });
    await journal.index(runId, { status: "stopped", sha: null, branch: "agent/issue-7", ended: true });

    expect(await journal.startRun(sampleKey, sampleRequest)).toEqual({ runId, outcome: "already_started" });
    expect(await journal.startRun(late, sampleRequest)).toEqual({ runId, outcome: "already_started" });
    const fresh = { ...sampleKey, deliveryId: "delivery-3" };
    expect(await journal.startRun(fresh, sampleRequest)).toEqual({ runId: "run_42_7_2", outcome: "started" });
    expect(await journal.runOfBranch(42, "agent/issue-7-2")).toBe("run_42_7_2");
    expect(await journal.runOfIssue(42, 7)).toBe("run_42_7_2");
  });

  test("never writes into a log that exists, even when the index was lost", async () => {
    const { journal, connection } = await openStarted(redis());
    await connection.del("{test}:issue:42:7");
    const again = await journal.startRun({ ...sampleKey, deliveryId: "delivery-2" }, sampleRequest);
    expect(again).toEqual({ runId: "run_42_7_2", outcome: "started" });
    expect(await journal.read(runId)).toHaveLength(1);
  });
});
