import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { BadConfiguration } from "../src/errors.ts";
import { createBlobs } from "../src/journal/blobs.ts";
import { createRedis } from "../src/journal/connection.ts";
import type { Blobs, Journal } from "../src/journal/journal.ts";
import { createJournal } from "../src/journal/redis-journal.ts";
import { createLogger } from "../src/logger.ts";
import { provideRedis } from "../src/provision/redis.ts";
import { REDIS_PREFIX } from "../src/worker.ts";
import { createForge, type Forge } from "./forge/forge.ts";
import { addGivenChecks } from "./given-checks.ts";
import { loadScript } from "./model/script.ts";
import { createScriptedModel } from "./model/server.ts";
import { type Process, startProduct } from "./product.ts";

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
  /** where fetched programs and package caches stay between demos */
  cacheDir: string;
  /** settings of the product that whoever started us has set */
  passOn: Readonly<Record<string, string>>;
  say(line: string): void;
}

/** Everything around the product that a run needs and that GitHub, an operator and a user would bring. */
export interface Stage {
  forge: Forge;
  journal: Journal;
  blobs: Blobs;
  logFile: string;
  repository: { owner: string; name: string };
  startWorker(): Process;
  /** the user opens the issue and puts the label on it; resolves with the issue's number */
  askForFix(): Promise<number>;
  /** id of the run on that issue, as soon as there is one */
  runOf(issueNumber: number, signal: AbortSignal): Promise<string>;
  close(): Promise<void>;
}

const OWNER = "acme";
const USER = "robin";
const silent = createLogger({ name: "stage", level: "silent" });
const LABEL = "agent-fix";

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
  await mkdir(options.cacheDir, { recursive: true });

  options.say("starting a private Redis");
  const redis = await provideRedis({
    dataDir: join(dir, "redis"),
    cacheDir: options.cacheDir,
    log: options.say,
  });
  releases.push(() => redis.stop());
  const connection = createRedis(redis.url, { name: "stage", whenDown: "wait", log: silent });
  releases.push(async () => connection.disconnect());
  const model = await openModel(options, releases);

  options.say("starting the local forge");
  const forge = await createForge({ dataDir: join(dir, "forge") });
  releases.push(() => forge.stop());
  const name = repositoryName(options.repo);
  forge.createUser(USER);
  const repository = await forge.createRepository({
    owner: OWNER,
    name,
    from: options.repo,
    collaborators: { [USER]: "admin" },
  });
  await addGivenChecks(forge.as(USER), repository, options.checks);

  options.say("starting Fixpoint: a web process and a worker");
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
    FIXPOINT_CACHE_DIR: options.cacheDir,
    FIXPOINT_LABEL: LABEL,
    FIXPOINT_CI_SETTLE_SECONDS: "2",
    FIXPOINT_CI_POLL_SECONDS: "5",
    FIXPOINT_CI_NEVER_REPORTED_MINUTES: "1",
    PORT: String(port),
    ...options.passOn,
    ...model,
  };
  const logFile = join(dir, "product.log");
  const server = startProduct("server", env, logFile);
  releases.push(() => server.stop());
  await untilReady(`http://127.0.0.1:${port}/readyz`, server, logFile);
  forge.setWebhook({ url: `http://127.0.0.1:${port}/api/github/webhooks`, secret });
  forge.install(OWNER);

  const journal = createJournal({ redis: connection, prefix: REDIS_PREFIX, now: Date.now });
  return {
    forge,
    journal,
    blobs: createBlobs({ redis: connection, prefix: REDIS_PREFIX }),
    logFile,
    repository: { owner: OWNER, name },
    startWorker: () => {
      const worker = startProduct("worker", env, logFile);
      releases.push(() => worker.stop());
      return worker;
    },
    askForFix: async () => {
      const user = forge.as(USER);
      const number = await user.openIssue(OWNER, name, issue);
      await user.label(OWNER, name, number, LABEL);
      return number;
    },
    runOf: (issueNumber, signal) =>
      until(() => journal.runOfIssue(repository.id, issueNumber), { signal, everyMs: 50 }),
    close,
  };
}

/** The model that the product talks to, as environment: a script behind a real endpoint, or a real one. */
async function openModel(
  { model }: StageOptions,
  releases: (() => Promise<unknown>)[],
): Promise<Record<string, string>> {
  if (model.kind === "real") {
    const baseUrl: Record<string, string> = model.baseUrl ? { OPENAI_BASE_URL: model.baseUrl } : {};
    return { OPENAI_API_KEY: model.apiKey, FIXPOINT_MODEL: model.name, ...baseUrl };
  }
  const script = await loadScript(model.file);
  const server = await createScriptedModel({ script });
  releases.push(() => server.stop());
  return { OPENAI_API_KEY: "scripted", OPENAI_BASE_URL: server.url, FIXPOINT_MODEL: script.model };
}

/** `# Title` first, the rest is the body. */
async function readIssue(file: string): Promise<{ title: string; body: string }> {
  const text = await readFile(file, "utf8").catch(() => {
    throw new BadConfiguration([
      `The issue ${file} cannot be read. Give a Markdown file whose first line is its title.`,
    ]);
  });
  const [first = "", ...rest] = text.split("\n");
  const title = first.replace(/^#+\s*/, "").trim();
  if (!title)
    throw new BadConfiguration([
      `The issue ${file} has no title. Write it into the first line, as "# Title".`,
    ]);
  return { title, body: rest.join("\n").trim() };
}

function repositoryName(repo: string): string {
  const last = basename(repo.replace(/\/+$/, "").replace(/\.git$/, ""));
  return last.replace(/[^A-Za-z0-9._-]/g, "-") || "repository";
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function untilReady(url: string, server: Process, logFile: string): Promise<void> {
  const over = new AbortController();
  const gone = server.exited.then((code) => {
    if (!over.signal.aborted) {
      throw new Error(`The web process ended with ${code}. Its log:\n${readFileSync(logFile, "utf8")}`);
    }
  });
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(30_000)]);
  const answers = until(async () => ((await fetch(url).catch(() => null))?.ok ? true : null), { signal, everyMs: 50 });
  try {
    await Promise.race([gone, answers]);
  } finally {
    over.abort();
    answers.catch(() => undefined);
  }
}

/** Asks again and again until there is an answer. */
async function until<T>(
  ask: () => Promise<T | null>,
  { signal, everyMs }: { signal: AbortSignal; everyMs: number },
): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await wait(everyMs, undefined, { signal });
  }
}
