import type { Blobs, Journal, Lease, Leases } from "../../src/journal/journal.ts";
import type { Ordinals } from "../../src/journal/ordinals.ts";
import type { RunIndex } from "../../src/journal/run-index.ts";
import type { EffectRecord } from "../../src/run/effect-record.ts";

/** One store and whoever works with it: what an implementation gives to be held against the contract. */
export interface JournalBench {
  /** each of its events is one ms later than the one before */
  journal: Journal & RunIndex;
  leases(worker: string, timing?: { ttlMs?: number; renewMs?: number; monotonic?: () => number }): Leases;
  ordinals: Ordinals;
  blobs: Blobs;
  record(scope: string, check?: () => void): Promise<EffectRecord>;
}

/** The lease on this run, which nobody else may hold. */
export async function held(leases: Leases, runId: string): Promise<Lease> {
  const lease = await leases.take(runId);
  if (!lease) throw new Error("somebody else holds the lease");
  return lease;
}
