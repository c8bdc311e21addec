import { Redis, type RedisOptions } from "ioredis";
import type { Logger } from "../logger.ts";

/**
 * `wait`: commands wait for Redis to come back, as a worker's must; its leases say when to give up.
 * `fail`: commands fail at once while Redis is away, so that a webhook is refused in time and GitHub keeps it for redelivery.
 */
export type WhenDown = "wait" | "fail";

/** A client that connects at once and for ever anew. `target` as for `connectionOptions`; an outage is logged once, and its end. */
export function createRedis(
  target: string,
  options: { name: string; whenDown: WhenDown; log: Logger },
): Redis {
  const redis = new Redis({ ...connectionOptions(target, options.whenDown), connectionName: options.name });
  let connected = true;
  let trouble: Error | undefined;
  redis.on("error", (error) => {
    trouble = error;
  });
  redis.on("reconnecting", () => {
    // Said once for each outage: the client tries twice a second.
    if (connected)
      options.log.warn({ err: trouble, connection: options.name }, "Redis cannot be reached; trying again");
    connected = false;
  });
  redis.on("ready", () => {
    if (!connected) options.log.info({ connection: options.name }, "Redis is back");
    connected = true;
  });
  return redis;
}

/** The client's settings. `target`: `redis://`, `rediss://` or `unix://` and an absolute path, or that path alone. */
export function connectionOptions(target: string, whenDown: WhenDown = "wait") {
  return {
    ...address(target),
    // The default backs off up to seconds; a restart of Redis takes less than one.
    retryStrategy: () => 500,
    // A host that vanishes without a word (failover, firewall) would be waited for a quarter of an hour. Longer than any blocking read.
    socketTimeout: 10_000,
    enableOfflineQueue: whenDown === "wait",
    maxRetriesPerRequest: whenDown === "wait" ? null : 0,
    // A replica that was a primary until a failover answers READONLY: connect anew, and send the command again.
    reconnectOnError: (error: Error) => (error.message.startsWith("READONLY") ? (2 as const) : false),
  } satisfies RedisOptions;
}

function address(target: string) {
  if (target.startsWith("/")) return { path: target };
  if (target.startsWith("unix://")) return { path: target.slice("unix://".length) };
  const url = new URL(target);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(url.port || 6379),
    db: Number(url.pathname.slice(1) || 0),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" ? { tls: {} } : {}),
  };
}
