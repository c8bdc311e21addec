import type { Lease, Leases } from "../../src/journal/journal.ts";
import { createLeases } from "../../src/journal/leases.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import type { PrivateRedis } from "../support/redis.ts";
import { sampleKey, sampleRequest } from "./sample-run.ts";

export const prefix = "{test}";
/** the run that `sampleKey` starts first */
export const runId = "run_42_7_1";

/** A journal on a connection of its own, with a clock that ticks once an event, and the leases of any worker. */
export function openJournal(redis: PrivateRedis) {
  let clock = 1_000;
  const connection = redis.connect();
  const journal = createJournal({ redis: connection, prefix, now: () => clock++ });
  const leases = (worker: string) => createLeases({ redis: connection, prefix, worker });
  return { connection, journal, leases };
}

/** The same with the sample run started; `first` is its first event. */
export async function openStarted(redis: PrivateRedis) {
  const opened = openJournal(redis);
  await opened.journal.startRun(sampleKey, sampleRequest);
  const [first] = await opened.journal.read(runId);
  return { ...opened, first: first! };
}

/** The lease on the sample run, which nobody else may hold. */
export async function held(leases: Leases): Promise<Lease> {
  const lease = await leases.take(runId);
  if (!lease) throw new Error("somebody else holds the lease");
  return lease;
}
