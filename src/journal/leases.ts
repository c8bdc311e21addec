import type { Redis } from "ioredis";
import { z } from "zod";
import { holdLease } from "./held-lease.ts";
import type { Leases } from "./journal.ts";
import { createKeys } from "./keys.ts";
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
      const timing = { ttlMs, renewMs, marginMs, monotonic, askedAt };
      return holdLease(redis, keys, { runId, worker, epoch }, timing);
    },
    async orphans() {
      const [before = "", after = ""] = keys.lease("\n").split("\n");
      return z.array(z.string()).parse(await orphansScript(redis, [keys.due], [before, after]));
    },
  };
}
