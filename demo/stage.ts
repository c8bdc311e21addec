import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Redis } from "ioredis";
import { createBlobs } from "../src/journal/blobs.ts";
import { connectionOptions } from "../src/journal/connection.ts";
import type { Blobs, Journal } from "../src/journal/journal.ts";
import { createJournal } from "../src/journal/redis-journal.ts";
import { createLogger } from "../src/logger.ts";
import { provideRedis } from "../src/provision/redis.ts";
import { createForge, type Forge } from "./forge/forge.ts";
import { readScript } from "./model/script.ts";
import { createScriptedModel } from "./model/server.ts";
import { type Process, startProduct } from "./product.ts";
import { seedRepository } from "./seed-repository.ts";

export interface StageOptions {
  /** a directory or a git URL */
  repo: string;
  /** Markdown: the first line is the title (`# …`), the rest the body */
  issueFile: string;
  model:
    | { kind: "script"; file: string }
    | { kind: "real"; name: string; apiKey: string; baseUrl: string | null };
  /** checks given on the command line, `name=command` */
  checks: readonly { name: string; command: string }[];
  /** where fetched programs and package caches stay between demos; the product's own default when null */
  cacheDir: string | null;
  say(line: string): void;
}

/** Everything around the product that a run needs and that GitHub, an operator and a user would bring. */
export interface Stage {
  forge: Forge;
  journal: Journal;
  blobs: Blobs;
  logFile: string;
  repository: { owner: string; name: string };
  server: Process;
  startWorker(): Process;
  /** the user opens the issue and puts the label on it; resolves with the issue's number */
  askForFix(): Promise<number>;
  /** id of the run on that issue, as soon as there is one */
  runOf(issueNumber: number, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

const OWNER = "acme";
const USER = "robin";
const PREFIX = "{fixpoint}:";
export const LABEL = "agent-fix";

/**
 * In: a repository, an issue and a model. Out: a local forge that serves them, a private Redis, and the true product beside them,
 * as processes of their own, told by nothing but their environment.
 */
export async function setStage(options: StageOptions): Promise<Stage> {
  const releases: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const release of releases.reverse()) await release().catch(() => undefined);
  };
  try {
    return await buildStage(options, releases, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function buildStage(
  options: StageOptions,
  releases: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Stage> {
  const issue = await readIssue(options.issueFile);
  const dir = await mkdtemp(join(tmpdir(), "fixpoint-"));
  releases.push(() => rm(dir, { recursive: true, force: true }));
  const log = createLogger({ name: "stage", level: "warn" });
  const cacheDir =
    options.cacheDir ??
    join(process.env["XDG_CACHE_HOME"] ?? join(process.env["HOME"] ?? dir, ".cache"), "fixpoint");
  await mkdir(cacheDir, { recursive: true });

  options.say("starting a private Redis");
  const redis = await provideRedis({ dataDir: join(dir, "redis"), cacheDir, log });
  releases.push(() => redis.stop());
  const connection = new Redis(connectionOptions(redis.url));
  releases.push(async () => connection.disconnect());

  options.say("starting the local forge");
  const forge = await createForge({ dataDir: join(dir, "forge") });
  releases.push(() => forge.stop());
  const name = basename(options.repo.replace(/\.git$/, "").replace(/\/+$/, "")) || "repository";
  const seeded = await seedRepository({
    from: options.repo,
    checks: options.checks,
    into: join(dir, "seed"),
  });
  forge.createUser(USER);
  await forge.createRepository({ owner: OWNER, name, from: seeded, collaborators: { [USER]: "admin" } });

  const model = await openModel(options, releases);
  const port = await freePort();
  const secret = randomBytes(20).toString("hex");
  const env: Record<string, string> = {
    APP_ID: String(forge.app.id),
    PRIVATE_KEY: forge.app.privateKey,
    WEBHOOK_SECRET: secret,
    GITHUB_API_URL: `${forge.url}/api/v3`,
    FIXPOINT_GIT_PROTOCOLS: "http,https",
    FIXPOINT_REDIS_URL: redis.url,
    FIXPOINT_DATA_DIR: join(dir, "data"),
    FIXPOINT_CACHE_DIR: cacheDir,
    FIXPOINT_LABEL: LABEL,
    FIXPOINT_CI_SETTLE_SECONDS: "2",
    FIXPOINT_CI_POLL_SECONDS: "5",
    FIXPOINT_CI_NEVER_REPORTED_MINUTES: "1",
    PORT: String(port),
    LOG_LEVEL: "info",
    ...passedOn(
      "NODE_EXTRA_CA_CERTS",
      "FIXPOINT_SANDBOX",
      "FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED",
      "FIXPOINT_REGISTRY_HOSTS",
    ),
    ...model,
  };
  const logFile = join(dir, "product.log");
  options.say("starting Fixpoint: a web process and a worker");
  const server = startProduct("server", env, logFile);
  releases.push(() => server.stop());
  await ready(`http://127.0.0.1:${port}/readyz`, server, logFile);
  forge.setWebhook({ url: `http://127.0.0.1:${port}/api/github/webhooks`, secret });
  forge.install(OWNER);

  const journal = createJournal({ redis: connection, prefix: PREFIX, now: Date.now });
  const { id: repositoryId } = forge.repository(OWNER, name);
  return {
    forge,
    journal,
    blobs: createBlobs({ redis: connection, prefix: PREFIX }),
    logFile,
    repository: { owner: OWNER, name },
    server,
    startWorker: () => {
      const worker = startProduct("worker", env, logFile);
      releases.push(() => worker.stop());
      return worker;
    },
    askForFix: async () => {
      const user = forge.as(USER);
      const { number } = await user.openIssue(OWNER, name, issue);
      await user.label(OWNER, name, number, LABEL);
      return number;
    },
    runOf: async (issueNumber, signal) => {
      for (;;) {
        const runId = await journal.runOfIssue(repositoryId, issueNumber);
        if (runId) return runId;
        if (server.exitedWith() !== null) throw new Error(`The web process ended. Its log: ${logFile}`);
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    close,
  };
}
