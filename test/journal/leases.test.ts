import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import type { Lease, Leases } from "../../src/journal/journal.ts";
import { createLeases } from "../../src/journal/leases.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import { useRedis } from "../support/redis.ts";
import { sampleKey, sampleRequest, stepStarted } from "./sample-run.ts";

const redis = useRedis();
const prefix = "{test}";
const runId = "run_42_7_1";
const inbox = { command: "stop", actor: { id: 1, login: "ada" }, step: null, why: null } as const;

function openWorker(
  worker: string,
  options: { ttlMs?: number; renewMs?: number; monotonic?: () => number } = {},
) {
  const connection = redis().connect();
  const journal = createJournal({ redis: connection, prefix, now: Date.now });
  return { connection, journal, leases: createLeases({ redis: connection, prefix, worker, ...options }) };
}

async function take(leases: Leases): Promise<Lease> {
  const lease = await leases.take(runId);
  if (!lease) throw new Error("somebody else holds the lease");
  return lease;
}

const takeSoon = (leases: Leases) => vi.waitFor(() => take(leases), { timeout: 10_000, interval: 10 });

describe("a lease", () => {
  test("belongs to one worker, and each new one has a higher epoch", async () => {
    const [a, b] = [openWorker("a"), openWorker("b")];
    const first = await take(a.leases);
    expect({ worker: first.worker, epoch: first.epoch, runId: first.runId }).toEqual({
      worker: "a",
      epoch: 1,
      runId,
    });
    expect(await b.leases.take(runId)).toBeNull();
    expect(await a.leases.take(runId)).toBeNull();
    await first.release();
    const second = await take(b.leases);
    expect(second.epoch).toBe(2);
    await second.release();
  });

  test("is given to one of twenty workers that race", async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, at) => openWorker(`w${at}`).leases.take(runId)),
    );
    const winners = taken.filter((lease) => lease !== null);
    expect(winners).toHaveLength(1);
    await winners[0]?.release();
  });

  test("lasts as long as it is renewed", async () => {
    const [a, b] = [openWorker("a", { ttlMs: 250, renewMs: 50 }), openWorker("b")];
    const lease = await take(a.leases);
    const begun = performance.now();
    while (performance.now() - begun < 600) {
      expect(await b.leases.take(runId)).toBeNull();
      lease.check();
    }
    await lease.release();
  });

  test("is lost by the clock, before any timer has fired", async () => {
    let clock = 0;
    const { leases } = openWorker("a", { monotonic: () => clock });
    const lease = await take(leases);
    clock = 4_499;
    lease.check();
    clock = 4_500;
    expect(lease.signal.aborted).toBe(false);
    expect(() => lease.check()).toThrow(new LeaseLost("The lease on run_42_7_1 was not renewed in time."));
    expect(lease.signal.aborted).toBe(true);
    expect(lease.signal.reason).toBeInstanceOf(LeaseLost);
    clock = 0;
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("counts from before it was asked for, however late Redis answers", async () => {
    let clock = 0;
    const { leases, connection } = openWorker("a", { monotonic: () => clock });
    await connection.ping();
    const taking = take(leases);
    clock = 4_600;
    const lease = await taking;
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("is lost at once when the event loop was blocked for longer than it lasts", async () => {
    const { leases } = openWorker("a", { ttlMs: 300, renewMs: 60 });
    const lease = await take(leases);
    const until = performance.now() + 320;
    while (performance.now() < until);
    expect(lease.signal.aborted).toBe(false);
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("is lost when Redis is away, before another may take it", async () => {
    const [a, b] = [openWorker("a", { ttlMs: 600, renewMs: 100 }), openWorker("b")];
    const lease = await take(a.leases);
    await redis().kill();
    await once(lease.signal, "abort");
    const lostAt = performance.now();
    await redis().restart();
    const next = await takeSoon(b.leases);
    expect(performance.now()).toBeGreaterThan(lostAt);
    expect(next.epoch).toBe(2);
    await next.release();
  });

  test("is lost when somebody deletes it", async () => {
    const { leases, connection } = openWorker("a", { ttlMs: 500, renewMs: 20 });
    const lease = await take(leases);
    await connection.del("{test}:run:run_42_7_1:lease");
    await once(lease.signal, "abort");
    expect(() => lease.check()).toThrow("was taken away");
  });

  test("gives back its own key only, and is worth nothing afterwards", async () => {
    const [a, b] = [openWorker("a"), openWorker("b")];
    const old = await take(a.leases);
    await a.connection.del("{test}:run:run_42_7_1:lease");
    const lease = await take(b.leases);
    await old.release();
    expect(() => old.check()).toThrow("was given back");
    expect(await a.leases.take(runId)).toBeNull();
    lease.check();
    await lease.release();
  });

  test("an append that waits for Redis ends with the lease", async () => {
    const { journal, leases } = openWorker("a", { ttlMs: 400, renewMs: 80 });
    await journal.startRun(sampleKey, sampleRequest);
    const [first] = await journal.read(runId);
    const lease = await take(leases);
    await redis().kill();
    await expect(journal.append(lease, first!, stepStarted(1))).rejects.toThrow(LeaseLost);
    await redis().restart();
  });
});

describe("a frozen worker", () => {
  const program = fileURLToPath(new URL("eager-worker.ts", import.meta.url));
  const run = (...args: string[]) =>
    spawn(process.execPath, ["--import", "tsx", program, redis().socket, prefix, runId, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
    });

  async function linesOf(child: ChildProcess): Promise<string[]> {
    let text = "";
    child.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
    });
    await once(child, "close");
    return text.trim().split("\n");
  }

  test("can append nothing after it wakes up, when another has gone on", async () => {
    const { journal, leases } = openWorker("b");
    await journal.startRun(sampleKey, sampleRequest);
    const child = run("700");
    const said = linesOf(child);
    await vi.waitFor(async () => expect((await journal.read(runId)).length).toBeGreaterThan(5), 20_000);
    child.kill("SIGSTOP");
    const lease = await takeSoon(leases);
    const before = await journal.read(runId);
    const ours = await journal.append(lease, before.at(-1)!, {
      kind: "lease.taken",
      data: { worker: "b", epoch: 2 },
    });
    child.kill("SIGCONT");

    const lines = await said;
    expect(lines.at(-1)).toBe("LeaseLost");
    // What Redis had received before the freeze stands; nothing came after the new worker's entry.
    expect(await journal.read(runId)).toEqual([...before, ours]);
    const appended = lines.filter((line) => line === "appended").length;
    expect([before.length - 1, before.length - 2]).toContain(appended);
    await lease.release();
  });
});

describe("orphans", () => {
  async function startedRun() {
    const worker = openWorker("a", { ttlMs: 300, renewMs: 60 });
    await worker.journal.startRun(sampleKey, sampleRequest);
    return worker;
  }
  const view = { sha: null, branch: "agent/issue-7", ended: false } as const;

  test("are runs that were started and never taken, or whose worker died", async () => {
    const { leases } = await startedRun();
    expect(await leases.orphans()).toEqual([runId]);
    let clock = 0;
    const dying = openWorker("dying", { ttlMs: 300, monotonic: () => clock });
    const lease = await take(dying.leases);
    expect(await leases.orphans()).toEqual([]);
    // its clock stands beyond the lease, so it never renews
    clock = 1_000;
    await vi.waitFor(async () => expect(await leases.orphans()).toEqual([runId]), 5_000);
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("are runs that were given back in the middle of work", async () => {
    const { leases, journal } = await startedRun();
    const lease = await take(leases);
    await journal.index(runId, { ...view, status: "executing" });
    await lease.release();
    expect(await leases.orphans()).toEqual([runId]);
  });

  test("are not runs that wait for CI or a person, until something is delivered to them", async () => {
    const { leases, journal } = await startedRun();
    const lease = await take(leases);
    await journal.index(runId, { ...view, status: "awaiting_ci" });
    await lease.release();
    expect(await leases.orphans()).toEqual([]);
    await journal.deliver(runId, { ...inbox, deliveryId: "d1" });
    expect(await leases.orphans()).toEqual([runId]);
  });

  test("are waiting runs to which something was delivered before they began to wait", async () => {
    const { leases, journal } = await startedRun();
    const lease = await take(leases);
    await journal.deliver(runId, { ...inbox, deliveryId: "d1" });
    await journal.index(runId, { ...view, status: "awaiting_person" });
    await lease.release({ quietMs: 60_000 });
    expect(await leases.orphans()).toEqual([runId]);
  });

  test("are waiting runs for which somebody came while they were held", async () => {
    const { leases, journal } = await startedRun();
    const waiting = { ...view, status: "awaiting_ci" } as const;
    for (const quiet of [{}, { quietMs: 60_000 }]) {
      const lease = await take(leases);
      expect(await openWorker("hinted").leases.take(runId)).toBeNull();
      await journal.index(runId, waiting);
      await lease.release(quiet);
      expect(await leases.orphans()).toEqual([runId]);
    }
    const lease = await take(leases);
    await journal.index(runId, waiting);
    await lease.release();
    expect(await leases.orphans()).toEqual([]);
  });

  test("are runs that were put aside, once their time has come", async () => {
    const { leases } = await startedRun();
    await (await take(leases)).release({ quietMs: 150 });
    expect(await leases.orphans()).toEqual([]);
    await vi.waitFor(async () => expect(await leases.orphans()).toEqual([runId]), 5_000);
  });

  test("are not runs that have ended", async () => {
    const { leases, journal } = await startedRun();
    await journal.index(runId, { ...view, status: "merged", ended: true });
    await journal.deliver(runId, { ...inbox, deliveryId: "d1" });
    expect(await leases.orphans()).toEqual([]);
  });
});

test("nothing that was acknowledged is lost when Redis is killed with -9", async () => {
  const { journal, leases } = openWorker("a", { ttlMs: 2_000 });
  await journal.startRun(sampleKey, sampleRequest);
  const lease = await take(leases);
  const acknowledged = [...(await journal.read(runId))];
  const writing = (async () => {
    for (;;) {
      const last = acknowledged.at(-1)!;
      acknowledged.push(await journal.append(lease, last, stepStarted(last.seq)));
    }
  })();
  const refused = expect(writing).rejects.toThrow(LeaseLost);
  await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(200), 10_000);
  await redis().kill();
  await redis().restart();
  // The lease may be over by then, or the repeated append may have gone through and the loop went on: stop it either way.
  await lease.release();
  await refused;
  const stored = await openWorker("b").journal.read(runId);
  expect(stored.slice(0, acknowledged.length)).toEqual(acknowledged);
  expect(stored.length - acknowledged.length).toBeLessThanOrEqual(1);
});
