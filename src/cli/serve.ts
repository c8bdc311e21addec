import { join } from "node:path";
import { type Config, environment, readConfig } from "../config.ts";
import { createBlobs } from "../journal/blobs.ts";
import { createRedis } from "../journal/connection.ts";
import { checkDurability } from "../journal/durability.ts";
import { REDIS_PREFIX } from "../journal/keys.ts";
import { createLogger, type Logger } from "../logger.ts";
import { provideRedis } from "../provision/redis.ts";
import { createProducer } from "../queue/producer.ts";
import { counted } from "../reconcile/counters.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { createMetricsDoor } from "../telemetry/metrics-door.ts";
import { listen } from "../webhooks/listen.ts";

export type Role = "server" | "worker";

interface Running {
  stop(): Promise<void>;
}

/** Loads these roles (neither waits for the code of the other) and runs them in one process until SIGTERM or SIGINT, around the configured Redis or a private one. Returns the exit code. */
export async function serve(roles: readonly Role[]): Promise<number> {
  const told = untilTold();
  const config = readConfig(environment());
  const log = createLogger({ name: roles.join("+"), level: config.log.level });
  const running: Running[] = [];
  try {
    const redis = await provideRedis({
      ...(config.redisUrl ? { url: config.redisUrl } : {}),
      dataDir: join(config.dataDir, "redis"),
      cacheDir: config.cacheDir,
      path: config.searchPath,
      urlSetting: "FIXPOINT_REDIS_URL",
      log: (line) => log.info(line),
    });
    running.push(redis);
    const metrics = createMetrics({ reconciles: roles.includes("worker") ? counted : [] });
    const { host, port } = config.metrics;
    if (port !== null) running.push(await listen(createMetricsDoor(metrics), { host, port }));
    const counters = { add: metrics.reconciled };
    if (roles.includes("worker")) {
      const { startWorker } = await import("../worker.ts");
      running.push(await startWorker({ config, redisUrl: redis.url, counters, log }));
    }
    if (roles.includes("server")) running.push(await openDoor(config, redis.url, metrics, log));
    await told;
    return 0;
  } finally {
    for (const each of running.reverse()) await each.stop();
  }
}

/** The web process: its door, and what it stores deliveries with. */
async function openDoor(
  config: Config,
  redisUrl: string,
  { answered }: Metrics,
  log: Logger,
): Promise<Running> {
  const redis = createRedis(redisUrl, { name: "server", whenDown: "wait", log });
  await checkDurability(redis);
  const blobs = createBlobs({ redis, prefix: REDIS_PREFIX });
  const producer = createProducer({ redisUrl, prefix: REDIS_PREFIX, log });
  await producer.ready();
  const { startServer } = await import("../server.ts");
  const listener = await startServer({ config, producer, blobs, answered, log });
  return {
    async stop() {
      await listener.stop();
      await producer.close();
      redis.disconnect();
    },
  };
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}
