import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "../logger.ts";

/**
 * How to reach Redis: a URL (`redis://`, `rediss://`, `unix:///…`) or the path of a Unix socket.
 * `wait`: commands wait for Redis to come back, as a worker's must; its leases say when to give up.
 * `fail`: commands fail at once while Redis is away, so that a webhook is refused in time and GitHub keeps it for redelivery.
 */
export function createRedis(
  target: string,
  options: { name: string; whenDown: "wait" | "fail"; log: Logger },
): Redis {
  const redis = new Redis(target, { ...redisOptions(options.whenDown), connectionName: options.name });
  let connected = true;
  redis.on("error", (error) => {
    // Said once for each outage: the client tries twice a second.
    if (connected)
      options.log.warn({ err: error, connection: options.name }, "Redis cannot be reached; trying again");
    connected = false;
  });
  redis.on("ready", () => {
    if (!connected) options.log.info({ connection: options.name }, "Redis is back");
    connected = true;
  });
  return redis;
}

/** The client's settings without its address. */
export function redisOptions(whenDown: "wait" | "fail") {
  return {
    // The default backs off up to seconds; a restart of Redis takes less than one.
    retryStrategy: () => 500,
    enableOfflineQueue: whenDown === "wait",
    maxRetriesPerRequest: whenDown === "wait" ? null : 0,
    // A replica that was a primary until a failover answers READONLY: connect anew, and send the command again.
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? (2 as const) : false),
  } satisfies RedisOptions;
}
