import { describe, expect, test, vi } from "vitest";
import { LeaseLost } from "../../src/errors.ts";
import { useRedis } from "../support/redis.ts";
import { held, runId } from "./open-journal.ts";
import { openWorker } from "./open-worker.ts";
import { sampleKey, sampleRequest } from "./sample-run.ts";

const redis = useRedis();
const inbox = { command: "stop", actor: { id: 1, login: "ada" }, step: null, why: null } as const;

describe("orphans", () => {
  async function startedRun() {
    const worker = openWorker(redis(), "a", { ttlMs: 300, renewMs: 60 });
    await worker.journal.startRun(sampleKey, sampleRequest);
    return worker;
  }
  const view = { sha: null, branch: "agent/issue-7", ended: false } as const;

  test("are runs that were started and never taken, or whose worker died", async () => {
    const { leases } = await startedRun();
    expect(await leases.orphans()).toEqual([runId]);
    let clock = 0;
    const dying = openWorker(redis(), "dying", { ttlMs: 300, monotonic: () => clock });
    const lease = await held(dying.leases);
    expect(await leases.orphans()).toEqual([]);
    // its clock stands beyond the lease, so it never renews
    clock = 1_000;
    await vi.waitFor(async () => expect(await leases.orphans()).toEqual([runId]), 5_000);
    expect(() => lease.check()).toThrow(LeaseLost);
  });

  test("are runs that were given back in the middle of work", async () => {
    const { leases, journal } = await startedRun();
    const lease = await held(leases);
    await journal.index(runId, { ...view, status: "executing" });
    await lease.release();
    expect(await leases.orphans()).toEqual([runId]);
  });

  test("are not runs that wait for CI or a person, until something is delivered to them", async () => {
    const { leases, journal } = await startedRun();
    const lease = await held(leases);
    await journal.index(runId, { ...view, status: "awaiting_ci" });
    await lease.release();
    expect(await leases.orphans()).toEqual([]);
    await journal.deliver(runId, { ...inbox, deliveryId: "d1" });
    expect(await leases.orphans()).toEqual([runId]);
  });

  test("are waiting runs to which something was delivered before they began to wait", async () => {
    const { leases, journal } = await startedRun();
    const lease = await held(leases);
    await journal.deliver(runId, { ...inbox, deliveryId: "d1" });
    await journal.index(runId, { ...view, status: "awaiting_person" });
    await lease.release({ quietMs: 60_000 });
    expect(await leases.orphans()).toEqual([runId]);
  });

  test("are waiting runs for which somebody came while they were held", async () => {
    const { leases, journal } = await startedRun();
    const waiting = { ...view, status: "awaiting_ci" } as const;
    for (const quiet of [{}, { quietMs: 60_000 }]) {
      const lease = await held(leases);
      expect(await openWorker(redis(), "hinted").leases.take(runId)).toBeNull();
      await journal.index(runId, waiting);
      await lease.release(quiet);
      expect(await leases.orphans()).toEqual([runId]);
    }
    const lease = await held(leases);
    await journal.index(runId, waiting);
    await lease.release();
    expect(await leases.orphans()).toEqual([]);
  });

  test("are runs that were put aside, once their time has come", async () => {
    const { leases } = await startedRun();
    await (await held(leases)).release({ quietMs: 150 });
    expect(await leases.orphans()).toEqual([]);
    await vi.waitFor(async () => expect(await leases.orphans()).toEqual([runId]), 5_000);
  });

  test("are not runs that have ended, until something is delivered to them late", async () => {
    const { leases, journal } = await startedRun();
    const ended = { ...view, status: "merged", ended: true } as const;
    await journal.index(runId, ended);
    expect(await leases.orphans()).toEqual([]);
    await journal.deliver(runId, { ...inbox, deliveryId: "d1" });
    expect(await leases.orphans()).toEqual([runId]);
    await journal.clearInbox(runId, ["d1"]);
    await journal.index(runId, ended);
    expect(await leases.orphans()).toEqual([]);
  });
});
