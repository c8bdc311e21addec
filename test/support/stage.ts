import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Queue } from "bullmq";
import { type Logger, pino } from "pino";
import { afterAll, beforeAll, test } from "vitest";
import { type Ground, prepareGround } from "../../demo/ground.ts";
import { type Process, startProduct } from "../../demo/product.ts";
import { type Config, readConfig } from "../../src/config.ts";
import { createGithub } from "../../src/github/client.ts";
import { createRedis } from "../../src/journal/connection.ts";
import { REDIS_PREFIX } from "../../src/journal/keys.ts";
import { provideBubblewrap } from "../../src/provision/bubblewrap.ts";
import { connectQueue } from "../../src/queue/connection.ts";
import { createProducer } from "../../src/queue/producer.ts";
import { queueNames, queuePrefix } from "../../src/queue/queue-keys.ts";
import { counted } from "../../src/reconcile/counters.ts";
import { startServer } from "../../src/server.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { type RunningWorker, startWorker } from "../../src/worker.ts";
import { createModelDesk, type ModelDesk } from "./model-desk.ts";
import { createStory, type Story, type StoryOptions } from "./story.ts";

/** The whole product on real parts, in this process: web process, worker, Redis, sandbox, the local forge, scripted models. */
export interface Stage extends Pick<Ground, "forge" | "journal" | "blobs" | "redisUrl" | "env"> {
  desk: ModelDesk;
  config: Config;
  /** everything that was logged, one JSON line each */
  log: readonly string[];
  /** what web process and worker count, as a scraper reads it */
  metrics(): Promise<string>;
  /** a repository of its own with an account, an installation and a scripted model */
  story(options?: StoryOptions): Promise<Story>;
  startWorker(): Promise<RunningWorker>;
  /** a worker as a process of its own, which can be killed; told by its environment only, so without the short times */
  startWorkerProcess(): Process;
  /** what the processes logged */
  processLog(): Promise<string>;
  /** has GitHub send this delivery again, as the App itself may */
  redeliver(delivery: { id: number }): Promise<void>;
  /** what waits in the queues or is worked on, without what is meant for later; JSON */
  jobs(): Promise<readonly string[]>;
}

export interface StageOptions {
  /** settings on top of the demo's */
  env?: (ground: Ground) => Promise<Readonly<Record<string, string>>>;
  /** times that are shorter than any setting allows */
  gate?: Partial<Config["gate"]>;
  /** none: the test starts its own */
  workers?: 0 | 1;
  /** times of the client of GitHub; a doubt is settled in 100 ms unless said otherwise */
  github?: Readonly<{ timeoutMs?: number; settleMs?: number; twinsAfterMs?: number }>;
  /** how often what events have lost is looked for (ms); no setting allows less than a minute */
  reconcileMs?: number;
}

/** The sandbox is attacked by tests of its own, and by each worker that is a process; that takes seconds, which a story need not wait for. */
const heldBefore = async () => ({ ok: true, findings: [] });

/** The loader with which a process of ours runs TypeScript. */
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** One stage for all tests of a file. */
export function useStage(options: StageOptions = {}): () => Stage {
  let stage: Stage | undefined;
  let close = async () => {};
  beforeAll(async () => {
    const opened = await openStage(options);
    stage = opened.stage;
    close = opened.close;
  });
  afterAll(() => close());
  return () => {
    if (!stage) throw new Error("The stage is set before the first test of the file, not earlier.");
    return stage;
  };
}

/** `test` with a stage of each test's own: where a test disturbs all that happens on its stage, the others go on beside it. */
export const onOwnStage = (options: StageOptions = {}) =>
  test.extend<{ stage: Stage }>({
    // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures this one needs
    stage: async ({}, use) => {
      const { stage, close } = await openStage(options);
      await use(stage).finally(close);
    },
  });

async function openStage(options: StageOptions): Promise<{ stage: Stage; close(): Promise<void> }> {
  const cacheDir = await openCache();
  const ground = await prepareGround({ cacheDir, say: () => undefined });
  const close = async () => {
    await ground.close();
    await rm(cacheDir, { recursive: true, force: true });
  };
  return { stage: await setStage(ground, options), close };
}

async function setStage(ground: Ground, options: StageOptions): Promise<Stage> {
  const { forge, journal, blobs, redisUrl } = ground;
  const desk = await createModelDesk();
  ground.onClose(() => desk.stop());
  const env = {
    ...ground.env,
    PORT: "0",
    OPENAI_API_KEY: "sk-the-key-of-this-test-4711",
    OPENAI_BASE_URL: desk.url,
    FIXPOINT_MODEL: "gpt-5",
    FIXPOINT_CI_POLL_SECONDS: "1",
    ...(await options.env?.(ground)),
  };
  const config = withShortTimes(readConfig({ ...process.env, ...env }), options);
  const lines: string[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
  const metrics = createMetrics({ reconciles: counted });
  const door = await openDoor(ground, config, metrics, log);
  forge.setWebhook({ url: `${door}/api/github/webhooks`, secret: ground.webhookSecret });
  forge.createUser("robin");
  const queues = openQueues(ground, log);
  const logFile = join(ground.dir, "processes.log");
  const app = createGithub({ ...config.github, log }).app();

  const stage: Stage = {
    forge,
    journal,
    blobs,
    redisUrl,
    env,
    desk,
    config,
    log: lines,
    metrics: async () => (await metrics.page()).text,
    story: (story = {}) => createStory(stage, story),
    async startWorker() {
      const counters = { add: metrics.reconciled };
      const worker = await startWorker({ config, redisUrl, counters, attack: heldBefore, log });
      ground.onClose(() => worker.stop());
      return worker;
    },
    startWorkerProcess() {
      const worker = startProduct("worker", env, logFile, ["--import", tsx]);
      ground.onClose(() => worker.kill());
      return worker;
    },
    processLog: () => readFile(logFile, "utf8"),
    redeliver: async ({ id }) => {
      await app.request("POST /app/hook/deliveries/{delivery_id}/attempts", { delivery_id: id });
    },
    jobs: async () => {
      const jobs = await Promise.all(queues.map((queue) => queue.getJobs(["active", "waiting"])));
      return jobs.flat().map((job) => JSON.stringify(job?.data ?? null));
    },
  };
  if (options.workers !== 0) await stage.startWorker();
  return stage;
}

/** Doubts about a write are settled in a moment here, since the forge answers at once or never. */
function withShortTimes(config: Config, { gate, reconcileMs, github: times }: StageOptions): Config {
  const github = { ...config.github, settleMs: 100, ...times };
  const reconcile = { everyMs: reconcileMs ?? config.reconcile.everyMs };
  return { ...config, github, reconcile, gate: { ...config.gate, settleMs: 500, pollMs: 1_000, ...gate } };
}

async function openDoor(ground: Ground, config: Config, { answered }: Metrics, log: Logger): Promise<string> {
  const { redisUrl, blobs } = ground;
  const redis = createRedis(redisUrl, { name: "server", whenDown: "wait", log });
  ground.onClose(async () => redis.disconnect());
  const producer = createProducer({ redisUrl, prefix: REDIS_PREFIX, log });
  ground.onClose(() => producer.close());
  await producer.ready();
  const listener = await startServer({ config, producer, blobs, answered, log });
  ground.onClose(() => listener.stop(0));
  return listener.url;
}

function openQueues(ground: Ground, log: Logger): Queue[] {
  const connection = connectQueue(ground.redisUrl, "wait", log);
  const prefix = queuePrefix(REDIS_PREFIX);
  const queues = Object.values(queueNames).map((name) => new Queue(name, { connection, prefix }));
  ground.onClose(async () => {
    await Promise.all(queues.map((queue) => queue.close()));
    connection.disconnect();
  });
  return queues;
}

/** A cache of this stage's own, since ids of repositories begin anew on each forge; only fetched programs are shared with all others. */
async function openCache(): Promise<string> {
  const shared =
    process.env["FIXPOINT_CACHE_DIR"] ??
    join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fixpoint");
  await mkdir(join(shared, "packages"), { recursive: true });
  await provideBubblewrap({ cacheDir: shared });
  const own = await mkdtemp(join(tmpdir(), "fixpoint-cache-"));
  await symlink(join(shared, "packages"), join(own, "packages"));
  return own;
}
