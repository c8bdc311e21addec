import type { Redis } from "ioredis";
import { z } from "zod";
import { holdLease, type LeaseStore } from "./held-lease.ts";
import type { Leases } from "./journal.ts";
import { createKeys, type Keys } from "./keys.ts";
import { leaseToken } from "./log.ts";
import { createScript } from "./script.ts";

/**
 * Whoever comes while another holds the run leaves a note, so that what brought it here is not lost: the run is due again as soon
 * as the holder gives it back. A holder that takes the lease will see everything that happened so far, so it begins without a note.
 */
const takeScript = createScript(`
  local lease, epochs, view, active, due = unpack(KEYS)
  local ttl, worker, run = unpack(ARGV)
  if redis.call('EXISTS', lease) == 1 then
    if redis.call('SISMEMBER', active, run) == 1 then
      redis.call('HSET', view, 'missed', '1')
      redis.call('ZADD', due, 0, run)
    end
    return 0
  end
  local epoch = redis.call('INCR', epochs)
  redis.call('HDEL', view, 'missed')
  redis.call('SET', lease, epoch .. ':' .. worker, 'PX', ttl)
  return epoch
`);

const renewScript = createScript(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/** What came while it was held makes the run due, an ended one too: whoever asked at the very end gets an answer. */
const releaseScript = createScript(`
  local lease, due, inbox, view = unpack(KEYS)
  local token, run, quiet = unpack(ARGV)
  if redis.call('GET', lease) ~= token then return 0 end
  redis.call('DEL', lease)
  local awaited = redis.call('HLEN', inbox) > 0 or redis.call('HEXISTS', view, 'missed') == 1
  if awaited then
    redis.call('ZADD', due, 0, run)
  elseif quiet ~= '' and redis.call('ZSCORE', due, run) then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('ZADD', due, string.format('%.0f', now + quiet), run)
  end
  return 1
`);

/** Due by Redis's own clock, so that workers whose clocks differ agree. Lease keys share the slot of the set (hash tag). */
const orphansScript = createScript(`
  local time = redis.call('TIME')
  local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
  local orphans = {}
  for _, run in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
    if redis.call('EXISTS', ARGV[1] .. run .. ARGV[2]) == 0 then orphans[#orphans + 1] = run end
  end
  return orphans
`);

/**
 * Leases of one worker. `worker` names the process and is unique; `monotonic` is a clock in ms that never jumps.
 * A lease is renewed each `renewMs` and given up `marginMs` before Redis would let another take it.
 */
export function createLeases(options: {
  redis: Redis;
  prefix: string;
  worker: string;
  ttlMs?: number;
  renewMs?: number;
  marginMs?: number;
  monotonic?: () => number;
}): Leases {
  const { redis, worker, ttlMs = 5_000, renewMs = 1_000, monotonic = () => performance.now() } = options;
  const { marginMs = ttlMs / 10 } = options;
  const keys = createKeys(options.prefix);
  return {
    async take(runId) {
      const askedAt = monotonic();
      const touched = [keys.lease(runId), keys.epoch(runId), keys.view(runId), keys.active, keys.due];
      const taken = await takeScript(redis, touched, [ttlMs, worker, runId]);
      const epoch = z.int().parse(taken);
      if (epoch === 0) return null;
      const owner = { runId, worker, epoch };
      return holdLease(leaseInRedis(redis, keys, owner, ttlMs), owner, {
        ttlMs,
        renewMs,
        marginMs,
        monotonic,
        askedAt,
      });
    },
    async orphans() {
      const [before = "", after = ""] = keys.lease("\n").split("\n");
      return z.array(z.string()).parse(await orphansScript(redis, [keys.due], [before, after]));
    },
  };
}

function leaseInRedis(
  redis: Redis,
  keys: Keys,
  owner: { runId: string; worker: string; epoch: number },
  ttlMs: number,
): LeaseStore {
  const { runId } = owner;
  const token = leaseToken(owner);
  return {
    renew: async () => (await renewScript(redis, [keys.lease(runId)], [token, ttlMs])) === 1,
    async giveBack(quietMs) {
      const touched = [keys.lease(runId), keys.due, keys.inbox(runId), keys.view(runId)];
      await releaseScript(redis, touched, [token, runId, quietMs ?? ""]);
    },
  };
}
