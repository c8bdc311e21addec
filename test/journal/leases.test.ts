import { once } from "node:events";
import { describe, expect, test, vi } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import type { Leases } from "../../src/journal/journal.ts";
import { useRedis } from "../support/redis.ts";
import { held, runId } from "./open-journal.ts";
import { openWorker } from "./open-worker.ts";
import { sampleKey, sampleRequest, stepStarted } from "./sample-run.ts";

const redis = useRedis();

const heldSoon = (leases: Leases) => vi.waitFor(() => held(leases), { timeout: 10_000, interval: 10 });

describe("a lease", () => {
  test("belongs to one worker, and each new one has a higher epoch", async () => {
    const [a, b] = [openWorker(redis(), "a"), openWorker(redis(), "b")];
    const first = await held(a.leases);
    expect({ worker: first.worker, epoch: first.epoch, runId: first.runId }).toEqual({
      worker: "a",
      epoch: 1,
      runId,
    });
    expect(await b.leases.take(runId)).toBeNull();
    expect(await a.leases.take(runId)).toBeNull();
    await first.release();
    const second = await held(b.leases);
    expect(second.epoch).toBe(2);
    await second.release();
  });

  test("is given to one of twenty workers that race", async () => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, at) => openWorker(redis(), `w${at}`).leases.take(runId)),
    );
    const winners = taken.filter((lease) => lease !== null);
    expect(winners).toHaveLength(1);
    await winners[0]?.release();
  });

  test("lasts as long as it is renewed", async () => {
    const [a, b] = [openWorker(redis(), "a", { ttlMs: 250, renewMs: 50 }), openWorker(redis(), "b")];
    const lease = await held(a.leases);
    const begun = performance.now();
    while (performance.now() - begun < 600) {
      expect(await b.leases.take(runId)).toBeNull();
      lease.check();
    }
    await lease.release();
  });

  test("is lost by the clock, before any timer has fired", async () => {
    let clock = 0;
    const { leases } = openWorker(redis(), "a", { monotonic: () => clock });
    const lease = await held(leases);
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
    const { leases, connection } = openWorker(redis(), "a", { monotonic: () => clock });
    await connection.ping();
    const taking = held(leases);
    clock = 4_600;
    const lease = await taking;
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("is lost at once when the event loop was blocked for longer than it lasts", async () => {
    const { leases } = openWorker(redis(), "a", { ttlMs: 300, renewMs: 60 });
    const lease = await held(leases);
    const until = performance.now() + 320;
    while (performance.now() < until);
    expect(lease.signal.aborted).toBe(false);
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("is lost when Redis is away, before another may take it", async () => {
    const [a, b] = [openWorker(redis(), "a", { ttlMs: 600, renewMs: 100 }), openWorker(redis(), "b")];
    const lease = await held(a.leases);
    await redis().kill();
    await once(lease.signal, "abort");
    const lostAt = performance.now();
    await redis().restart();
    const next = await heldSoon(b.leases);
    expect(performance.now()).toBeGreaterThan(lostAt);
    expect(next.epoch).toBe(2);
    await next.release();
  });

  test("is lost when somebody deletes it", async () => {
    const { leases, connection } = openWorker(redis(), "a", { ttlMs: 500, renewMs: 20 });
    const lease = await held(leases);
    await connection.del("{test}:run:run_42_7_1:lease");
    await once(lease.signal, "abort");
    expect(() => lease.check()).toThrow("was taken away");
  });

  test("gives back its own key only, and is worth nothing afterwards", async () => {
    const [a, b] = [openWorker(redis(), "a"), openWorker(redis(), "b")];
    const old = await held(a.leases);
    await a.connection.del("{test}:run:run_42_7_1:lease");
    const lease = await held(b.leases);
    await old.release();
    expect(() => old.check()).toThrow("was given back");
    expect(await a.leases.take(runId)).toBeNull();
    lease.check();
    await lease.release();
  });

  test("an append that waits for Redis ends with the lease", async () => {
    const { journal, leases } = openWorker(redis(), "a", { ttlMs: 400, renewMs: 80 });
    await journal.startRun(sampleKey, sampleRequest);
    const [first] = await journal.read(runId);
    const lease = await held(leases);
    await redis().kill();
    await expect(journal.append(lease, first!, stepStarted(1))).rejects.toThrow(LeaseLost);
    await redis().restart();
  });
});
