import type { Redis } from "ioredis";
import { LeaseLost } from "../errors.ts";
import type { Lease } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { leaseToken } from "./log.ts";
import { createScript } from "./script.ts";

const renewScript = createScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

const releaseScript = createScript(`
  local lease, due, inbox, view = unpack(KEYS)
  local token, run, quiet = unpack(ARGV)
  if redis.call('GET', lease) ~= token then return 0 end
  redis.call('DEL', lease)
  local awaited = redis.call('HLEN', inbox) > 0 or redis.call('HEXISTS', view, 'missed') == 1
  if quiet ~= '' and not awaited and redis.call('ZSCORE', due, run) then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('ZADD', due, string.format('%.0f', now + quiet), run)
  end
  return 1
`);

interface Timing {
  ttlMs: number;
  renewMs: number;
  marginMs: number;
  monotonic: () => number;
  /** monotonic time before the lease was asked for: Redis's count begins later, so ours ends first */
  askedAt: number;
}

/**
 * A lease that was just taken, kept alive until it is released or cannot be vouched for any more.
 * Whether it is valid is a matter of the clock, never of a timer: after a pause `check` knows at once, before any timer has fired.
 */
export function holdLease(
  redis: Redis,
  keys: Keys,
  owner: { runId: string; worker: string; epoch: number },
  timing: Timing,
): Lease {
  const { ttlMs, renewMs, marginMs, monotonic } = timing;
  const { runId } = owner;
  const token = leaseToken(owner);
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
    renewScript(redis, [keys.lease(runId)], [token, ttlMs]).then(
      (kept) => {
        if (kept !== 1) return end("was taken away");
        validUntil = Math.max(validUntil, askedAt + ttlMs - marginMs);
        if (!expired()) renewal = setTimeout(renew, Math.max(0, askedAt + renewMs - monotonic()));
      },
      () => {
        // Redis is in trouble. Try again soon; the clock decides how long that may go on.
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
      const touched = [keys.lease(runId), keys.due, keys.inbox(runId), keys.view(runId)];
      const given = releaseScript(redis, touched, [token, runId, release.quietMs ?? ""]);
      // With Redis away the key runs out by itself: nobody needs to wait longer than that.
      await Promise.race([given, new Promise((resolve) => setTimeout(resolve, ttlMs).unref())]);
    },
  };
}
