import { join } from "node:path";
import { environment, readConfig } from "../config.ts";
import { createLogger } from "../logger.ts";
import { provideRedis } from "../provision/redis.ts";
import { counted } from "../reconcile/counters.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createMetricsDoor } from "../telemetry/metrics-door.ts";
import { listen } from "../webhooks/listen.ts";

export type Role = "server" | "worker";

interface Running {
  stop(): Promise<void>;
}

/**
 * Runs these roles in one process until SIGTERM or SIGINT, around the configured Redis or a private one. Returns the exit code.
 * Each role's code is loaded when it is asked for, so that a worker that replaces a dead one is there sooner.
 */
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
    const door = roles.includes("server")
      ? await (await import("./open-door.ts")).openDoor(config, redis.url, metrics.answered, log)
      : null;
    if (door) running.push(door);
    const worker = roles.includes("worker")
      ? import("../worker.ts")
          .then(({ startWorker }) => startWorker({ config, redisUrl: redis.url, counters, log }))
          .then((each) => void running.push(each))
      : null;
    // Both wait for their Redis however long that takes; one that would lose what it takes ends the process.
    await Promise.race([told, Promise.all([door?.trusted, worker]).then(() => told)]);
    return 0;
  } finally {
    for (const each of running.reverse()) await each.stop();
  }
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGTERM", () => resolve());
    process.once("SIGINT", () => resolve());
  });
}
