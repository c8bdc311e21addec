import type { Config } from "../config.ts";
import { TryLater } from "../errors.ts";
import { createBlobs } from "../journal/blobs.ts";
import { createRedis } from "../journal/connection.ts";
import { checkDurability } from "../journal/durability.ts";
import { REDIS_PREFIX } from "../journal/keys.ts";
import type { Logger } from "../logger.ts";
import { createProducer } from "../queue/producer.ts";
import { startServer } from "../server.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface OpenDoor {
  url: string;
  /** resolves when Redis has said that it keeps what it acknowledges; rejects with `BadConfiguration` when it does not */
  trusted: Promise<void>;
  stop(): Promise<void>;
}

/**
 * The web process: its door, and what it stores deliveries with. It opens without waiting for Redis, so that GitHub and whoever
 * watches are told 503 instead of nothing; nothing is taken before Redis is known to keep it.
 */
export async function openDoor(
  config: Pick<Config, "web" | "github" | "run">,
  redisUrl: string,
  answered: Metrics["answered"],
  log: Logger,
): Promise<OpenDoor> {
  const redis = createRedis(redisUrl, { name: "server", whenDown: "wait", log });
  const blobs = createBlobs({ redis, prefix: REDIS_PREFIX });
  const producer = createProducer({ redisUrl, prefix: REDIS_PREFIX, log });
  let durability: "unknown" | "proven" = "unknown";
  const trusted = checkDurability(redis).then(() => {
    durability = "proven";
  });
  // Whoever opened the door hears of it when they wait for it, and a refusal before that is no accident.
  trusted.catch(() => undefined);
  const assertTrusted = () => {
    if (durability === "unknown")
      throw new TryLater("Redis has not said yet whether it keeps what it takes.", 5_000);
  };
  const listener = await startServer({
    config,
    producer: {
      command: async (command) => {
        assertTrusted();
        await producer.command(command);
      },
      ready: async () => durability === "proven" && (await producer.ready()),
    },
    blobs: {
      put: async (text) => {
        assertTrusted();
        return await blobs.put(text);
      },
    },
    answered,
    log,
  });
  return {
    url: listener.url,
    trusted,
    async stop() {
      await listener.stop();
      await producer.close();
      redis.disconnect();
    },
  };
}
