import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { readConfig } from "../src/config.ts";
import type { Blobs, Journal } from "../src/journal/journal.ts";
import { provideBubblewrap } from "../src/provision/bubblewrap.ts";
import { NeedsInstallError } from "../src/provision/install-advice.ts";
import type { Forge } from "./forge/forge.ts";
import { freePort } from "./free-port.ts";
import { addGivenChecks } from "./given-checks.ts";
import { type Ground, LABEL, prepareGround } from "./ground.ts";
import { type Inputs, readInputs } from "./inputs.ts";
import { createScriptedModel } from "./model/server.ts";
import type { StageOptions } from "./options.ts";
import { type Process, startProduct } from "./product.ts";

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

/**
 * In: a repository, an issue and a model. Out: a local forge that serves them, a private Redis, and the true product beside them,
 * as processes of their own, told by nothing but their environment.
 */
export async function setStage(options: StageOptions): Promise<Stage> {
  const inputs = await readInputs(options);
  const ground = await prepareGroundAndSandbox(options);
  try {
    return await buildStage(options, inputs, ground);
  } catch (error) {
    await ground.close();
    throw error;
  }
}

/** Both are fetched or found before anything else starts, so that a machine that lacks both is told so in one message. */
async function prepareGroundAndSandbox(options: StageOptions): Promise<Ground> {
  const { cacheDir, searchPath: path, say } = options;
  const missing: NeedsInstallError[] = [];
  const remember = (error: unknown) => {
    if (!(error instanceof NeedsInstallError)) throw error;
    missing.push(error);
    return null;
  };
  // A repository's own: what the jobs of one write must never reach another.
  const jobCacheDir = join(cacheDir, "jobs", String(repositoryId(options.repo)));
  const ground = await prepareGround({ ...options, jobCacheDir }).catch(remember);
  const wantsSandbox = options.passOn["FIXPOINT_SANDBOX"] !== "none";
  if (wantsSandbox) await provideBubblewrap({ cacheDir, path, log: say }).catch(remember);
  if (ground && missing.length === 0) return ground;
  await ground?.close();
  throw new NeedsInstallError(missing.map((error) => error.message).join("\n\n"));
}

async function buildStage(options: StageOptions, inputs: Inputs, ground: Ground): Promise<Stage> {
  const { forge, journal, blobs, dir } = ground;
  const model = await openModel(inputs.model, ground);
  const name = repositoryName(options.repo);
  forge.createUser(USER);
  const repository = await forge.createRepository({
    owner: OWNER,
    name,
    id: repositoryId(options.repo),
    from: options.repo,
    collaborators: { [USER]: "admin" },
  });
  await addGivenChecks(forge.as(USER), repository, options.checks);

  options.say("starting Fixpoint: a web process and a worker");
  const port = await freePort();
  const env = { ...ground.env, PORT: String(port), ...options.passOn, ...model };
  // The product would refuse a setting that was passed on and makes no sense, but into its log.
  readConfig(env);
  const logFile = join(dir, "product.log");
  const server = startProduct("server", env, logFile);
  ground.onClose(() => server.stop());
  // The worker starts meanwhile: nothing is asked of either before both are there.
  const open = untilReady(`http://127.0.0.1:${port}/readyz`, server, logFile).then(() => {
    forge.setWebhook({ url: `http://127.0.0.1:${port}/api/github/webhooks`, secret: ground.webhookSecret });
    forge.install(OWNER);
  });
  open.catch(() => undefined);

  return {
    forge,
    journal,
    blobs,
    logFile,
    repository: { owner: OWNER, name },
    startWorker: () => {
      const worker = startProduct("worker", env, logFile);
      ground.onClose(() => worker.stop());
      return worker;
    },
    askForFix: async () => {
      await open;
      const user = forge.as(USER);
      const number = await user.openIssue(OWNER, name, inputs.issue);
      await user.label(OWNER, name, number, LABEL);
      return number;
    },
    runOf: (issueNumber, signal) =>
      until(() => journal.runOfIssue(repository.id, issueNumber), { signal, everyMs: 50 }),
    close: ground.close,
  };
}

/** The model that the product talks to, as environment: a script behind a real endpoint, or a real one. */
async function openModel(model: Inputs["model"], ground: Ground): Promise<Record<string, string>> {
  if (model.kind === "real") {
    const baseUrl: Record<string, string> = model.baseUrl ? { OPENAI_BASE_URL: model.baseUrl } : {};
    return { OPENAI_API_KEY: model.apiKey, FIXPOINT_MODEL: model.name, ...baseUrl };
  }
  const server = await createScriptedModel({ script: model.script });
  ground.onClose(() => server.stop());
  return { OPENAI_API_KEY: "scripted", OPENAI_BASE_URL: server.url, FIXPOINT_MODEL: model.script.model };
}

function repositoryName(repo: string): string {
  const last = basename(repo.replace(/\/+$/, "").replace(/\.git$/, ""));
  return last.replace(/[^A-Za-z0-9._-]/g, "-") || "repository";
}

/**
 * The same for the same repository each time, so that it finds the packages of the last run in its cache, and another one does not.
 * Beyond the ids that the forge gives out itself.
 */
function repositoryId(repo: string): number {
  return 2_000_000_000 + createHash("sha256").update(repo).digest().readUInt32BE(0);
}

async function untilReady(url: string, server: Process, logFile: string): Promise<void> {
  const over = new AbortController();
  const gone = server.exited.then((code) => {
    if (!over.signal.aborted) {
      throw new Error(`The web process ended with ${code}. Its log:\n${readFileSync(logFile, "utf8")}`);
    }
  });
  const signal = AbortSignal.any([over.signal, AbortSignal.timeout(30_000)]);
  const answers = until(async () => ((await fetch(url).catch(() => null))?.ok ? true : null), {
    signal,
    everyMs: 50,
  });
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
