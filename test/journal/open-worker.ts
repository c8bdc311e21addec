import { createLeases } from "../../src/journal/leases.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import type { PrivateRedis } from "../support/redis.ts";
import { prefix } from "./open-journal.ts";

/** A worker with a connection, a journal and leases of its own. */
export function openWorker(
  redis: PrivateRedis,
  worker: string,
  options: { ttlMs?: number; renewMs?: number; monotonic?: () => number } = {},
) {
  const connection = redis.connect();
  const journal = createJournal({ redis: connection, prefix, now: Date.now });
  return { connection, journal, leases: createLeases({ redis: connection, prefix, worker, ...options }) };
}
