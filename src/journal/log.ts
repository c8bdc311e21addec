import type { Redis } from "ioredis";
import { LeaseLost } from "../errors.ts";
import type { RunEvent } from "../run/events.ts";
import { BrokenLog } from "./broken-log.ts";
import { beginning, chainEvent } from "./hash-chain.ts";
import type { Journal, Lease } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { checkedEvent, entryText, parseEntries } from "./log-entry.ts";
import { createScript } from "./script.ts";

/**
 * The whole protection of a log in one round trip: the lease is still ours, and the last entry is the one we build on.
 * The first check answers a repeat of an append whose answer was lost with the connection: it stands in the log already.
 */
const appendScript = createScript(`
  local tail = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  if not tail then return 'moved' end
  local stored = {}
  for at = 1, #tail[2], 2 do stored[tail[2][at]] = tail[2][at + 1] end
  if tail[1] == ARGV[4] .. '-0' and stored.hash == ARGV[6] and stored.lease == ARGV[1] then return 'added' end
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease' end
  if tail[1] ~= ARGV[2] .. '-0' or stored.hash ~= ARGV[3] then return 'moved' end
  redis.call('XADD', KEYS[2], ARGV[4] .. '-0', 'event', ARGV[5], 'hash', ARGV[6], 'lease', ARGV[1])
  return 'added'
`);

/** What the lease key holds; an append must show the same. */
export function leaseToken(lease: { epoch: number; worker: string }): string {
  return `${lease.epoch}:${lease.worker}`;
}

/** Reading and writing one run's stream. Times come from `now` (ms since 1970). */
export function createLog(redis: Redis, keys: Keys, now: () => number): Pick<Journal, "append" | "read"> {
  return {
    async append(lease, last, newEvent) {
      lease.check();
      const event = chainEvent(last, now(), checkedEvent(newEvent));
      const args = [leaseToken(lease), last.seq, last.hash, event.seq, entryText(event), event.hash];
      const answer = await orLost(
        lease,
        appendScript(redis, [keys.lease(lease.runId), keys.log(lease.runId)], args),
      );
      if (answer === "added") return event;
      const why =
        answer === "lease" ? "the lease belongs to nobody or to another" : "somebody else has written";
      throw new LeaseLost(`Entry ${event.seq} of ${lease.runId} was refused: ${why}.`);
    },

    async read(runId, afterSeq = 0) {
      // The entry before the first one wanted comes along, because it holds the hash that the first one builds on.
      const entries = await redis.xrange(keys.log(runId), `${Math.max(afterSeq, 1)}-0`, "+");
      if (afterSeq === 0) return parseEntries(runId, entries, beginning);
      const [known, ...later] = entries;
      if (known?.[0] !== `${afterSeq}-0`) throw new BrokenLog(runId, afterSeq, "the entry is missing.");
      const anchor = { seq: afterSeq, hash: known[1][known[1].indexOf("hash") + 1] ?? "" };
      return parseEntries(runId, later, anchor);
    },
  };
}

/** Waits no longer than the lease lasts: while Redis is away its client would wait for ever. */
async function orLost<T>(lease: Lease, answer: Promise<T>): Promise<T> {
  let stop = () => {};
  const lost = new Promise<never>((_, reject) => {
    const fail = () => reject(lease.signal.reason);
    if (lease.signal.aborted) fail();
    lease.signal.addEventListener("abort", fail, { once: true });
    stop = () => lease.signal.removeEventListener("abort", fail);
  });
  try {
    return await Promise.race([answer, lost]);
  } finally {
    stop();
  }
}

/**
 * Calls back for every event from the first on, in order, until `signal` aborts. Holds a connection of its own,
 * because a blocked read would keep everybody else waiting.
 */
export async function followLog(
  redis: Redis,
  keys: Keys,
  runId: string,
  onEvent: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const own = redis.duplicate({ maxRetriesPerRequest: null, enableOfflineQueue: true });
  // Connection trouble is retried by the client; without a listener it would also be printed.
  own.on("error", () => {});
  const stop = () => own.disconnect();
  signal.addEventListener("abort", stop, { once: true });
  let last: { seq: number; hash: string } = beginning;
  try {
    while (!signal.aborted) {
      const answer = await own.xread("BLOCK", 5_000, "STREAMS", keys.log(runId), `${last.seq}-0`);
      for (const event of parseEntries(runId, answer?.[0]?.[1] ?? [], last)) {
        if (signal.aborted) return;
        onEvent(event);
        last = event;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    own.disconnect();
  }
}
