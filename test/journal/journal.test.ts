import { describe, expect, test } from "vitest";
import { LeaseLost, TryLater } from "../../src/errors.ts";
import { createBlobs } from "../../src/journal/blobs.ts";
import { BrokenLog } from "../../src/journal/broken-log.ts";
import { chainEvent, verifyChain } from "../../src/journal/hash-chain.ts";
import type { Lease } from "../../src/journal/journal.ts";
import { createLeases } from "../../src/journal/leases.ts";
import { rebuildIndex } from "../../src/journal/rebuild-index.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import type { NewEvent, RunEvent } from "../../src/run/events.ts";
import { useRedis } from "../support/redis.ts";
import { sampleKey, sampleRequest, stepStarted } from "./sample-run.ts";

const redis = useRedis();
const prefix = "{test}";
const runId = "run_42_7_1";

function openJournal() {
  let clock = 1_000;
  const connection = redis().connect();
  const journal = createJournal({ redis: connection, prefix, now: () => clock++ });
  const leases = (worker: string) => createLeases({ redis: connection, prefix, worker });
  return { connection, journal, leases };
}

async function started() {
  const opened = openJournal();
  await opened.journal.startRun(sampleKey, sampleRequest);
  const [first] = await opened.journal.read(runId);
  return { ...opened, first: first! };
}

async function held(lease: Promise<Lease | null>): Promise<Lease> {
  const taken = await lease;
  if (!taken) throw new Error("somebody else holds the lease");
  return taken;
}

describe("startRun", () => {
  test("begins a log with run.requested, and the run is active", async () => {
    const { journal } = openJournal();
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
      const { journal } = openJournal();
      const deliveryId = `delivery-${at}`;
      return journal.startRun({ ...sampleKey, deliveryId }, (ordinal) => sampleRequest(ordinal, deliveryId));
    });
    const answers = await Promise.all(racers);
    expect(new Set(answers.map((answer) => answer.runId))).toEqual(new Set([runId]));
    expect(answers.filter((answer) => answer.outcome === "started")).toHaveLength(1);
    expect(answers.filter((answer) => answer.outcome === "already_active")).toHaveLength(19);
    expect(await openJournal().journal.read(runId)).toHaveLength(1);
  });

  test("gives one run to one delivery that is asked twenty times at once", async () => {
    const racers = Array.from({ length: 20 }, () => openJournal().journal.startRun(sampleKey, sampleRequest));
    const outcomes = (await Promise.all(racers)).map((answer) => answer.outcome);
    expect(outcomes.filter((outcome) => outcome === "started")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "already_started")).toHaveLength(19);
  });

  test("answers the same delivery with the same run even when that run has ended", async () => {
    const { journal } = await started();
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
    const { journal, connection } = await started();
    await connection.del("{test}:issue:42:7");
    const again = await journal.startRun({ ...sampleKey, deliveryId: "delivery-2" }, sampleRequest);
    expect(again).toEqual({ runId: "run_42_7_2", outcome: "started" });
    expect(await journal.read(runId)).toHaveLength(1);
  });
});

describe("append", () => {
  test("adds entry N-0 that builds on the one before", async () => {
    const { journal, leases, first, connection } = await started();
    const lease = await held(leases("a").take(runId));
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
    const { journal, leases, first } = await started();
    const lease = await held(leases("a").take(runId));
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
    const { journal, leases, first } = await started();
    const old = {
      ...(await held(leases("a").take(runId))),
      check: () => {},
      signal: new AbortController().signal,
    };
    await openJournal().connection.del("{test}:run:run_42_7_1:lease");
    const lease = await held(leases("b").take(runId));
    await expect(journal.append(old, first, stepStarted(1))).rejects.toThrow(LeaseLost);
    const second = await journal.append(lease, first, stepStarted(2));
    await expect(journal.append(old, second, stepStarted(3))).rejects.toThrow(LeaseLost);
    expect(await journal.read(runId)).toEqual([first, second]);
    await lease.release();
  });

  test("takes a repeat of the same append for done, when its answer was lost", async () => {
    const { journal, leases, first, connection } = await started();
    const frozen = createJournal({ redis: connection, prefix, now: () => 5 });
    const lease = await held(leases("a").take(runId));
    const once = await frozen.append(lease, first, stepStarted(1));
    expect(await frozen.append(lease, first, stepStarted(1))).toEqual(once);
    expect(await journal.read(runId)).toEqual([first, once]);
    await lease.release();
  });

  test("refuses a payload that its kind does not allow, and stores nothing", async () => {
    const { journal, leases, first } = await started();
    const lease = await held(leases("a").take(runId));
    const wrong = { kind: "step.started", data: { step: "one" } } as unknown as NewEvent;
    await expect(journal.append(lease, first, wrong)).rejects.toThrow(/expected number/);
    expect(await journal.read(runId)).toEqual([first]);
    await lease.release();
  });
});

describe("read", () => {
  const log = "{test}:run:run_42_7_1:log";

  async function threeEntries() {
    const { journal, leases, first, connection } = await started();
    const lease = await held(leases("a").take(runId));
    const second = await journal.append(lease, first, stepStarted(1));
    const third = await journal.append(lease, second, stepStarted(2));
    await lease.release();
    return { journal, connection, events: [first, second, third] as const };
  }

  /** Writes the log again with `change` made to the fields of one entry: an XADD cannot change an entry in place. */
  async function tamper(
    connection: ReturnType<typeof openJournal>["connection"],
    seq: number,
    change: (text: string) => string,
  ) {
    const entries = await connection.xrange(log, "-", "+");
    await connection.del(log);
    for (const [id, fields] of entries) {
      await connection.xadd(log, id, ...(id === `${seq}-0` ? fields.map((field) => change(field)) : fields));
    }
  }

  test("notices an entry that was tampered with", async () => {
    const { journal, connection } = await threeEntries();
    await tamper(connection, 2, (field) => field.replace('"step":1', '"step":4'));
    const fault = new BrokenLog(runId, 2, "its content does not match its hash.");
    await expect(journal.read(runId)).rejects.toThrow(fault);
    await expect(journal.read(runId, 1)).rejects.toThrow(fault);
  });

  test("notices an entry that was taken out", async () => {
    const { journal, connection } = await threeEntries();
    await connection.xdel(log, "2-0");
    await expect(journal.read(runId)).rejects.toThrow("entry 2 is missing; entry 3 stands in its place.");
    await expect(journal.read(runId, 2)).rejects.toThrow(BrokenLog);
  });

  test("says which version wrote what it does not know", async () => {
    const { journal, connection, events } = await threeEntries();
    const add = async (event: object) => {
      const next = chainEvent(events[2], 9, event as NewEvent);
      const { hash: _, ...rest } = { ...next, ...event };
      const { hashOf } = await import("../../src/journal/hash-chain.ts");
      await connection.xadd(log, "4-0", "event", JSON.stringify(rest), "hash", hashOf(rest), "lease", "1:a");
    };
    await add({ kind: "step.danced", data: {} });
    await expect(journal.read(runId)).rejects.toThrow(
      'this Fixpoint does not know events of the kind "step.danced".',
    );
    await connection.xtrim(log, "MAXLEN", 4);
    await connection.xdel(log, "4-0");
  });

  test("says which version an event has when it is another", async () => {
    const { journal, connection, events } = await threeEntries();
    const { hashOf } = await import("../../src/journal/hash-chain.ts");
    const event = { ...chainEvent(events[2], 9, stepStarted(3)), version: 2 };
    const { hash: _, ...rest } = event;
    await connection.xadd(log, "4-0", "event", JSON.stringify(rest), "hash", hashOf(rest), "lease", "1:a");
    await expect(journal.read(runId)).rejects.toThrow("it has version 2, and this Fixpoint reads version 1.");
  });

  test("knows no events of a run that never was", async () => {
    expect(await openJournal().journal.read("run_1_1_1")).toEqual([]);
  });
});

test("follow calls back for every event in order, until it is aborted", async () => {
  const { journal, leases, first, connection } = await started();
  const seen: RunEvent[] = [];
  const stop = new AbortController();
  const following = journal.follow(
    runId,
    (event) => {
      seen.push(event);
      if (event.seq === 3) stop.abort();
    },
    stop.signal,
  );
  const lease = await held(leases("a").take(runId));
  const second = await journal.append(lease, first, stepStarted(1));
  const third = await journal.append(lease, second, stepStarted(2));
  await following;
  expect(seen).toEqual([first, second, third]);
  await lease.release();
  expect(await connection.client("LIST")).not.toContain("cmd=xread");
});

describe("the index", () => {
  const view = { status: "awaiting_ci", sha: "abc", branch: "agent/issue-7", ended: false } as const;

  test("finds a run by its head SHA and its status, in its own repository only", async () => {
    const { journal } = await started();
    await journal.index(runId, view);
    expect(await journal.runOfSha(42, "abc")).toBe(runId);
    expect(await journal.runOfSha(43, "abc")).toBeNull();
    expect(await journal.runsWithStatus("awaiting_ci")).toEqual([runId]);
    expect(await journal.runsWithStatus("queued")).toEqual([]);
  });

  test("keeps an ended run ended, whatever a worker that fell behind writes", async () => {
    const { journal } = await started();
    await journal.index(runId, { ...view, status: "merged", ended: true });
    await journal.index(runId, view);
    expect(await journal.activeRuns()).toEqual([]);
    expect(await journal.runsWithStatus("merged")).toEqual([runId]);
    expect(await journal.runsWithStatus("awaiting_ci")).toEqual([]);
  });

  test("is made anew from the logs", async () => {
    const { journal, leases, first, connection } = await started();
    const lease = await held(leases("a").take(runId));
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
    const { connection } = await started();
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
    const { journal } = await started();
    const ids = Array.from({ length: 12 }, (_, at) => `d-${(at * 7) % 12}`);
    for (const id of [...ids, ...ids]) await journal.deliver(runId, entry(id));
    expect(await journal.inbox(runId)).toEqual(ids.map(entry));
  });

  test("drops what was taken into the log and keeps the rest", async () => {
    const { journal } = await started();
    for (const id of ["a", "b", "c"]) await journal.deliver(runId, entry(id));
    await journal.clearInbox(runId, ["a", "c"]);
    await journal.clearInbox(runId, []);
    expect(await journal.inbox(runId)).toEqual([entry("b")]);
  });
});

test("a prefix names the same keys with and without its braces and its colon", async () => {
  const { journal, connection } = await started();
  for (const same of ["test", "{test}:", "test:"]) {
    expect(await createJournal({ redis: connection, prefix: same, now: Date.now }).activeRuns()).toEqual([
      runId,
    ]);
  }
  expect(await createJournal({ redis: connection, prefix: "other", now: Date.now }).activeRuns()).toEqual([]);
  expect(await journal.activeRuns()).toEqual([runId]);
});

test("a Redis that is full puts the work aside, loses nothing and takes it up again when there is room", async () => {
  const { journal, leases, first, connection } = await started();
  const lease = await held(leases("a").take(runId));
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
