import { Redis } from "ioredis";
import type { Logger } from "../logger.ts";

/**
 * BullMQ's own client: with options instead of a client it would load ioredis by `require`, which ES modules do not have.
 * `fail`: a command fails at once while Redis is away; `wait`: it waits, as BullMQ's workers demand.
 */
export function connectQueue(redisUrl: string, whenDown: "wait" | "fail", log: Logger): Redis {
  const redis = new Redis(redisUrl, {
    retryStrategy: () => 500,
    enableOfflineQueue: whenDown === "wait",
    // A Redis that takes a command and never answers counts as away. Workers block longer, and BullMQ watches those itself.
    ...(whenDown === "fail" ? { socketTimeout: 5_000 } : {}),
    maxRetriesPerRequest: whenDown === "wait" ? null : 0,
    connectionName: "queue",
    // A primary that became a replica: connect anew, and send again only what may wait.
    reconnectOnError: (error) => error.message.startsWith("READONLY") && (whenDown === "wait" ? 2 : 1),
  });
  // Every failed attempt to connect is an error event; the journal's connection tells people about the outage.
  redis.on("error", (err) => log.debug({ err }, "the queue's connection is in trouble"));
  return redis;
}

/** Whether Redis could not be reached, in contrast to an answer of Redis or a refusal of BullMQ. */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return (
    /^(ECONN|EPIPE|ENOENT|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_)/.test(code) ||
    error.name === "MaxRetriesPerRequestError" ||
    /^(Connection is closed|Stream isn't writeable)/.test(error.message)
  );
}
