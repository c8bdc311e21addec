import { LeaseLost } from "../errors.ts";
import type { Lease } from "./journal.ts";

/** Where leases are kept: what the holder asks of it. */
export interface LeaseStore {
  /** another whole time to live from now on; false when it is not ours any more */
  renew(): Promise<boolean>;
  giveBack(quietMs: number | null): Promise<void>;
}

interface Timing {
  ttlMs: number;
  renewMs: number;
  marginMs: number;
  monotonic: () => number;
  /** monotonic time before the lease was asked for: the store's count begins later, so ours ends first */
  askedAt: number;
}

/**
 * A lease that was just taken, kept alive until it is released or cannot be vouched for any more.
 * Whether it is valid is a matter of the clock, never of a timer: after a pause `check` knows at once, before any timer has fired.
 */
export function holdLease(
  store: LeaseStore,
  owner: { runId: string; worker: string; epoch: number },
  timing: Timing,
): Lease {
  const { ttlMs, renewMs, marginMs, monotonic } = timing;
  const { runId } = owner;
  const gone = new AbortController();
  let validUntil = timing.askedAt + ttlMs - marginMs;
  let renewal = setTimeout(renew, Math.max(0, timing.askedAt + renewMs - monotonic()));
  let deadline = setTimeout(watch, Math.max(0, validUntil - monotonic()));

  function end(reason: string) {
    clearTimeout(renewal);
    clearTimeout(deadline);
    if (!gone.signal.aborted) gone.abort(new LeaseLost(`The lease on ${runId} ${reason}.`));
  }

  function expired(): boolean {
    if (monotonic() >= validUntil) end("was not renewed in time");
    return gone.signal.aborted;
  }

  function watch() {
    if (!expired()) deadline = setTimeout(watch, Math.max(1, validUntil - monotonic()));
  }

  function renew() {
    if (expired()) return;
    const askedAt = monotonic();
    store.renew().then(
      (kept) => {
        if (!kept) return end("was taken away");
        validUntil = Math.max(validUntil, askedAt + ttlMs - marginMs);
        if (!expired()) renewal = setTimeout(renew, Math.max(0, askedAt + renewMs - monotonic()));
      },
      () => {
        // The store is in trouble. Try again soon; the clock decides how long that may go on.
        if (!expired()) renewal = setTimeout(renew, Math.min(renewMs, 100));
      },
    );
  }

  return {
    ...owner,
    signal: gone.signal,
    check() {
      if (expired()) throw gone.signal.reason;
    },
    async release(release = {}) {
      end("was given back");
      const given = store.giveBack(release.quietMs ?? null);
      // With the store away the lease runs out by itself: nobody needs to wait longer than that.
      await Promise.race([given, new Promise((resolve) => setTimeout(resolve, ttlMs).unref())]);
    },
  };
}
