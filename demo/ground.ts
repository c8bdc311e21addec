import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBlobs } from "../src/journal/blobs.ts";
import { createRedis } from "../src/journal/connection.ts";
import type { Blobs, Journal } from "../src/journal/journal.ts";
import { REDIS_PREFIX } from "../src/journal/keys.ts";
import { createJournal } from "../src/journal/redis-journal.ts";
import { createLogger } from "../src/logger.ts";
import { provideRedis } from "../src/provision/redis.ts";
import { createForge, type Forge } from "./forge/forge.ts";

/** What stands around the product whatever it is to do: a local forge, a private Redis, a directory that goes with them. */
export interface Ground {
  dir: string;
  forge: Forge;
  redisUrl: string;
  journal: Journal;
  blobs: Blobs;
  webhookSecret: string;
  /** what an operator would write into the product's environment; the model is not among it */
  env: Readonly<Record<string, string>>;
  /** released before the ground itself, the last one first */
  onClose(release: () => Promise<unknown>): void;
  close(): Promise<void>;
}

export const LABEL = "agent-fix";

const silent = createLogger({ name: "ground", level: "silent" });

export interface GroundOptions {
  /** where fetched programs and package caches stay afterwards */
  cacheDir: string;
  /** where programs are looked for; the system's own places when nothing is said */
  searchPath?: string;
  /** where workflow jobs keep packages from one run to the next, as most do on GitHub; nowhere when nothing is said */
  jobCacheDir?: string;
  say(line: string): void;
}

export async function prepareGround(options: GroundOptions): Promise<Ground> {
  const releases: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const release of releases.splice(0).reverse()) await release().catch(() => undefined);
  };
  try {
    return await build(options, (release) => void releases.push(release), close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  { cacheDir, searchPath: path, jobCacheDir, say }: GroundOptions,
  onClose: Ground["onClose"],
  close: Ground["close"],
): Promise<Ground> {
  const dir = await mkdtemp(join(tmpdir(), "fixpoint-"));
  onClose(() => rm(dir, { recursive: true, force: true }));
  await mkdir(cacheDir, { recursive: true });

  say("starting a private Redis");
  const redis = await provideRedis({
    dataDir: join(dir, "redis"),
    cacheDir,
    ...(path ? { path } : {}),
    log: say,
  });
  onClose(() => redis.stop());
  const connection = createRedis(redis.url, { name: "ground", whenDown: "wait", log: silent });
  onClose(async () => connection.disconnect());

  say("starting the local forge");
  const jobEnv: Record<string, string> = jobCacheDir ? { npm_config_cache: join(jobCacheDir, "npm") } : {};
  const forge = await createForge({ dataDir: join(dir, "forge"), jobEnv });
  onClose(() => forge.stop());
  const webhookSecret = randomBytes(20).toString("hex");
  return {
    dir,
    forge,
    redisUrl: redis.url,
    journal: createJournal({ redis: connection, prefix: REDIS_PREFIX, now: Date.now }),
    blobs: createBlobs({ redis: connection, prefix: REDIS_PREFIX }),
    webhookSecret,
    env: {
      APP_ID: String(forge.app.id),
      PRIVATE_KEY: forge.app.privateKey,
      WEBHOOK_SECRET: webhookSecret,
      GITHUB_API_URL: `${forge.url}/api/v3`,
      FIXPOINT_GIT_PROTOCOLS: "http,https",
      FIXPOINT_REDIS_URL: redis.url,
      FIXPOINT_DATA_DIR: join(dir, "data"),
      FIXPOINT_CACHE_DIR: cacheDir,
      FIXPOINT_LABEL: LABEL,
      FIXPOINT_CI_SETTLE_SECONDS: "2",
      FIXPOINT_CI_POLL_SECONDS: "5",
      FIXPOINT_CI_NEVER_REPORTED_MINUTES: "1",
    },
    onClose,
    close,
  };
}
