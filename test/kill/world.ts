import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createForge, type Forge, type RepositoryHandle } from "../../demo/forge/forge.ts";
import { freePort } from "../../demo/free-port.ts";
import { createScriptedModel, type ScriptedModel } from "../../demo/model/server.ts";
import { createRedis } from "../../src/journal/connection.ts";
import type { Journal } from "../../src/journal/journal.ts";
import { REDIS_PREFIX } from "../../src/journal/keys.ts";
import { createJournal } from "../../src/journal/redis-journal.ts";
import { createLogger } from "../../src/logger.ts";
import { type PrivateRedis, startPrivateRedis } from "../support/private-redis.ts";
import { job, withFiles, workflow } from "../support/repository.ts";
import { mendAndTell, packageJson, tally, tallyIssue } from "../support/tally.ts";
import { until } from "../support/until.ts";
import { compileProduct } from "./compile.ts";
import { type Process, startProcess } from "./process.ts";

/** A worker process whose name in the journal is known. */
export interface NamedWorker extends Process {
  name: string;
}

/** The true product as processes, on a forge, a Redis and a scripted model that belong to the caller. */
export interface World {
  forge: Forge;
  redis: PrivateRedis;
  journal: Journal;
  model: ScriptedModel;
  /** resolves when it takes jobs */
  startWorker(): Promise<NamedWorker>;
  /** what all workers have logged so far */
  workerLog(): Promise<string>;
  /** a repository of its own, with its one issue labelled */
  askForFix(): Promise<RepositoryHandle>;
  close(): Promise<void>;
}

const USER = "robin";

/** The tally without npm around its one test: where hundreds of checks are run, npm alone would take most of the time. */
const check = "node test/sum.test.js";
const repositoryFiles = {
  ...tally,
  "package.json": packageJson({}),
  ".github/fixpoint.yml": `version: 1\nchecks:\n  test: ${check}\n`,
  ".github/workflows/ci.yml": workflow("push", { test: job(check) }),
};

export async function createKillWorld(options: {
  sandbox: "none" | "bwrap";
  cacheDir: string;
  runsAtOnce: number;
}): Promise<World> {
  const product = compileProduct();
  const dir = await mkdtemp(join(tmpdir(), "fixpoint-kill-"));
  const port = await freePort();
  const redis = await startPrivateRedis("--port", String(port), "--bind", "127.0.0.1");
  const redisUrl = `redis://127.0.0.1:${port}`;
  const forge = await createForge({ dataDir: join(dir, "forge") });
  const model = await createScriptedModel({ script: mendAndTell });
  model.setLatency(150);
  const connection = createRedis(redisUrl, {
    name: "kill",
    whenDown: "wait",
    log: createLogger({ name: "kill", level: "silent" }),
  });
  const journal = createJournal({ redis: connection, prefix: REDIS_PREFIX, now: Date.now });
  const webPort = await freePort();
  const secret = randomBytes(20).toString("hex");
  const env = {
    APP_ID: String(forge.app.id),
    PRIVATE_KEY: forge.app.privateKey,
    WEBHOOK_SECRET: secret,
    GITHUB_API_URL: `${forge.url}/api/v3`,
    FIXPOINT_GIT_PROTOCOLS: "http,https",
    FIXPOINT_REDIS_URL: redisUrl,
    FIXPOINT_DATA_DIR: join(dir, "data"),
    FIXPOINT_CACHE_DIR: options.cacheDir,
    FIXPOINT_CI_SETTLE_SECONDS: "1",
    FIXPOINT_CI_POLL_SECONDS: "3",
    FIXPOINT_CI_NEVER_REPORTED_MINUTES: "10",
    FIXPOINT_RECONCILE_MINUTES: "1",
    FIXPOINT_STARTS_PER_HOUR: "10000",
    FIXPOINT_WORKER_CONCURRENCY: String(options.runsAtOnce),
    FIXPOINT_SANDBOX: options.sandbox,
    FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED: "yes",
    PORT: String(webPort),
    LOG_LEVEL: "debug",
    OPENAI_API_KEY: "scripted",
    OPENAI_BASE_URL: model.url,
    FIXPOINT_MODEL: "gpt-5",
  };
  const started: Process[] = [];
  let workers = 0;
  const server = startProcess(product.cli, "server", env, join(dir, "server.log"));
  started.push(server);
  await until("the web process is ready", async () => {
    const answer = await fetch(`http://127.0.0.1:${webPort}/readyz`).catch(() => null);
    return answer?.ok ? true : null;
  });
  forge.setWebhook({ url: `http://127.0.0.1:${webPort}/api/github/webhooks`, secret });
  forge.createUser(USER);
  let repositories = 0;

  return {
    forge,
    redis,
    journal,
    model,
    async startWorker() {
      workers += 1;
      const logFile = join(dir, `worker-${workers}.log`);
      const worker = startProcess(product.cli, "worker", env, logFile);
      started.push(worker);
      const name = await until(
        `worker ${workers} is ready`,
        async () => nameIn(await readFile(logFile, "utf8").catch(() => "")),
        { withinMs: 180_000, describe: () => readFile(logFile, "utf8") },
      );
      return { ...worker, name };
    },
    async workerLog() {
      const files = Array.from({ length: workers }, (_, at) => join(dir, `worker-${at + 1}.log`));
      return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
    },
    async askForFix() {
      repositories += 1;
      const owner = `acme-${repositories}`;
      const repository = await withFiles(repositoryFiles, (from) =>
        forge.createRepository({ owner, name: "tally", from, collaborators: { [USER]: "admin" } }),
      );
      forge.install(owner);
      const robin = forge.as(USER);
      await robin.openIssue(owner, "tally", { ...tallyIssue, labels: ["agent-fix"] });
      return repository;
    },
    async close() {
      for (const each of started.reverse()) await each.kill();
      connection.disconnect();
      await model.stop();
      await forge.stop();
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
      product.remove();
    },
  };
}

function nameIn(log: string): string | null {
  const line = log.split("\n").find((each) => each.includes('"worker is ready"'));
  return line === undefined ? null : String((JSON.parse(line) as { worker: string }).worker);
}
