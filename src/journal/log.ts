import type { Redis } from "ioredis";
import { LeaseLost } from "../errors.ts";
import type { RunEvent } from "../run/events.ts";
import { BrokenLog } from "./broken-log.ts";
import { beginning, chainEvent } from "./hash-chain.ts";
import type { Journal, Lease } from "./journal.ts";
import type { Keys } from "./keys.ts";
import { lastEntry } from "./last-entry.ts";
import { checkedEvent, entryText, parseEntries } from "./log-entry.ts";
import { createScript } from "./script.ts";

/**
 * The whole protection of a log in one round trip: the lease is still ours, the last entry is the one we build on, and all that the new one
 * refers to is there (a failover may have lost it a moment ago).
 * The first check answers a repeat of an append whose answer was lost with the connection: it stands in the log already.
 */
const appendScript = createScript(`${lastEntry}
  local last = last_entry(KEYS[2])
  if not last then return 'moved' end
  if last.id == ARGV[4] .. '-0' and last.hash == ARGV[6] and last.lease == ARGV[1] then return 'added' end
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lease' end
  if last.id ~= ARGV[2] .. '-0' or last.hash ~= ARGV[3] then return 'moved' end
  for at = 3, #KEYS do
    if redis.call('EXISTS', KEYS[at]) == 0 then return 'content' end
  end
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
    async append(lease, last, newEvent, contents = []) {
      lease.check();
      const event = chainEvent(last, now(), checkedEvent(newEvent));
      const args = [leaseToken(lease), last.seq, last.hash, event.seq, entryText(event), event.hash];
      const touched = [keys.lease(lease.runId), keys.log(lease.runId), ...contents.map(keys.blob)];
      const answer = await orLost(lease, appendScript(redis, touched, args));
      if (answer === "added") return event;
      throw refused(lease.runId, event.seq, String(answer));
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

const refusals: Readonly<Record<string, string>> = {
  lease: "the lease belongs to nobody or to another",
  moved: "somebody else has written",
  content: "Redis does not have what it refers to any more",
};

/** Whoever holds the lease next goes on from what stands in the log. */
export function refused(runId: string, seq: number, why: string): LeaseLost {
  return new LeaseLost(`Entry ${seq} of ${runId} was refused: ${refusals[why] ?? why}.`);
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
