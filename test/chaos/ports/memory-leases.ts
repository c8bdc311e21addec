import { holdLease } from "../../../src/journal/held-lease.ts";
import type { Leases } from "../../../src/journal/journal.ts";
import { leaseToken } from "../../../src/journal/log.ts";
import type { Gate } from "../gate.ts";
import { holderOf, isAwaited, type Shelf } from "./shelf.ts";

/** Leases without Redis; how one is held is the product's own. */
export function createMemoryLeases(options: {
  shelf: Shelf;
  worker: string;
  monotonic(): number;
  gate: Gate;
  ttlMs?: number;
  renewMs?: number;
  marginMs?: number;
}): Leases {
  const { shelf, worker, monotonic, gate, ttlMs = 5_000, renewMs = 1_000 } = options;
  const { marginMs = ttlMs / 10 } = options;

  function take(runId: string): number {
    const view = shelf.views.get(runId);
    if (holderOf(shelf, runId) !== null) {
      if (!shelf.active.has(runId)) return 0;
      if (view) view.missed = true;
      shelf.due.set(runId, 0);
      return 0;
    }
    const epoch = (shelf.epochs.get(runId) ?? 0) + 1;
    shelf.epochs.set(runId, epoch);
    if (view) view.missed = false;
    shelf.leases.set(runId, { token: leaseToken({ epoch, worker }), until: shelf.now() + ttlMs });
    return epoch;
  }

  function storeOf(runId: string, token: string) {
    return {
      renew: () =>
        gate({ port: "redis", what: "renew lease" }, () => {
          if (holderOf(shelf, runId) !== token) return false;
          shelf.leases.set(runId, { token, until: shelf.now() + ttlMs });
          return true;
        }),
      giveBack: (quietMs: number | null) =>
        gate({ port: "redis", what: "release lease" }, () => {
          if (holderOf(shelf, runId) !== token) return;
          shelf.leases.delete(runId);
          if (isAwaited(shelf, runId)) shelf.due.set(runId, 0);
          else if (quietMs !== null && shelf.due.has(runId)) shelf.due.set(runId, shelf.now() + quietMs);
        }),
    };
  }

  return {
    async take(runId) {
      const askedAt = monotonic();
      const epoch = await gate({ port: "redis", what: "take lease" }, () => take(runId));
      if (epoch === 0) return null;
      const owner = { runId, worker, epoch };
      return holdLease(storeOf(runId, leaseToken(owner)), owner, {
        ttlMs,
        renewMs,
        marginMs,
        monotonic,
        askedAt,
      });
    },
    orphans: () =>
      gate({ port: "redis", what: "orphans" }, () =>
        [...shelf.due]
          .filter(([runId, at]) => at <= shelf.now() && holderOf(shelf, runId) === null)
          .sort(([a, x], [b, y]) => x - y || (a < b ? -1 : 1))
          .map(([runId]) => runId),
      ),
  };
}
