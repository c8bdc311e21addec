import { randomBytes } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Model } from "./agent/model.ts";
import { createOpenAiModel } from "./agent/openai-model.ts";
import { createPatientModel } from "./agent/patient-model.ts";
import { priceOf, withOperatorPrices } from "./agent/prices.ts";
import { promptsVersion } from "./agent/prompts.ts";
import { createCommandPerformer } from "./commands/perform-command.ts";
import type { Config } from "./config.ts";
import { BadConfiguration } from "./errors.ts";
import { createGithub } from "./github/client.ts";
import { createCommandGithub } from "./github/command-github.ts";
import { createBlobs } from "./journal/blobs.ts";
import { createRedis } from "./journal/connection.ts";
import { checkDurability } from "./journal/durability.ts";
import { createEffectRecord } from "./journal/effect-record.ts";
import { REDIS_PREFIX } from "./journal/keys.ts";
import { createLeases } from "./journal/leases.ts";
import { createNotes } from "./journal/notes.ts";
import { createOrdinals } from "./journal/ordinals.ts";
import { createJournal } from "./journal/redis-journal.ts";
import { createSlots } from "./journal/slots.ts";
import { createStarts } from "./journal/starts.ts";
import type { Logger } from "./logger.ts";
import { createConsumers } from "./queue/consumers.ts";
import { createProducer } from "./queue/producer.ts";
import { createSweep } from "./queue/sweep.ts";
import type { Counters } from "./reconcile/counters.ts";
import { startReconciler } from "./reconcile/start-reconciler.ts";
import { policyVersion } from "./run/policy.ts";
import { createRunner } from "./runner/advance.ts";
import { createWorkbenches } from "./runner/workbench.ts";
import { toolsVersion } from "./tools/index.ts";
import { openSandbox } from "./worker/open-sandbox.ts";
import { createGit } from "./workspace/git.ts";
import { createWorkspaces } from "./workspace/open-workspace.ts";
import { askPrograms, createRegistries } from "./workspace/registries.ts";

export interface RunningWorker {
  /** gives runs back at their next turn; what does not end within the time is left to its lease */
  stop(): Promise<void>;
}

const HAND_OVER_MS = 25_000;
/** GitHub itself gives a request up after ten seconds; two minutes cover what lies stuck on the way. */
const TWINS_AFTER_MS = 120_000;
const HOUR_MS = 60 * 60_000;
/** Longer than GitHub's memory of deliveries; what is still wanted is written again in every round. */
const NOTES_MS = 7 * 24 * 60 * 60_000;
/** A delivery that is still on its way after this will hardly come. */
const MOST_GRACE_MS = 2 * 60_000;

/** Process 2, runs out: takes jobs from the queue, carries runs forward, answers commands. */
export async function startWorker(deps: {
  config: Config;
  redisUrl: string;
  /** what the reconciler counts */
  counters: Counters;
  /** how the sandbox is proved before anything runs in it; its own probe unless a test has proved it already */
  attack?: Parameters<typeof openSandbox>[2];
  log: Logger;
}): Promise<RunningWorker> {
  const { config, log } = deps;
  // Stands in the audit trail, which others read: no name of a host.
  const worker = `worker-${randomBytes(4).toString("hex")}`;
  const redis = createRedis(deps.redisUrl, { name: worker, whenDown: "wait", log });
  await checkDurability(redis);

  const journal = createJournal({ redis, prefix: REDIS_PREFIX, now: Date.now });
  const blobs = createBlobs({ redis, prefix: REDIS_PREFIX });
  const leases = createLeases({ redis, prefix: REDIS_PREFIX, worker });
  const producer = createProducer({ redisUrl: deps.redisUrl, prefix: REDIS_PREFIX, log });
  await producer.ready();
  const leaving = new AbortController();

  const secrets = [config.model.apiKey, config.web.webhookSecret].filter((secret) => secret !== null);
  const github = createGithub({ ...config.github, log, secrets });
  const prices = withOperatorPrices(config.model.prices);
  for (const name of new Set([config.model.plan, config.model.execute, config.model.escalate])) {
    if (priceOf(name, prices).known === "no") {
      log.warn(
        { model: name },
        "no price is known for this model, so it is counted as the dearest; name its price in FIXPOINT_PRICES",
      );
    }
  }
  const sandbox = await openSandbox(config, log, deps.attack);
  const workspaces = createWorkspaces({
    cacheDir: join(config.cacheDir, "repositories"),
    workDir: join(config.cacheDir, "work"),
    git: createGit({ home: join(config.dataDir, "git-home"), allowProtocols: config.git.protocols }),
    ...(sandbox.owner ? { owner: sandbox.owner } : {}),
  });
  const runner = createRunner({
    journal,
    leases,
    blobs,
    github,
    model: createPatientModel({ model: openModel(config), sleep, random: Math.random }),
    models: config.model,
    prices,
    workspaces,
    openWorkbench: createWorkbenches({
      sandbox: sandbox.sandbox,
      sandboxProblem: sandbox.problem,
      cacheOf: (installationId, repositoryId) =>
        join(config.cacheDir, "packages", `${installationId}-${repositoryId}`),
      env: sandbox.env,
    }),
    limits: config.run.limits,
    twinsAfterMs: config.github.twinsAfterMs ?? TWINS_AFTER_MS,
    gate: config.gate,
    registries: createRegistries(askPrograms(config.searchPath, homedir())),
    registryHosts: config.sandbox.registryHosts,
    sandboxName: config.sandbox.kind,
    hint: (runId, options) => producer.advance(runId, options),
    now: Date.now,
    log,
  });
  const performCommand = createCommandPerformer({
    journal,
    advance: (runId) => producer.advance(runId),
    github: createCommandGithub(github, {
      open: (scope, check) => createEffectRecord(redis, REDIS_PREFIX, scope, check),
      hold: (scope) => leases.take(scope),
    }),
    starts: createStarts({
      redis,
      prefix: REDIS_PREFIX,
      most: config.run.startsPerHour,
      withinMs: HOUR_MS,
    }),
    config: config.run,
    versions: {
      prompts: promptsVersion,
      policy: policyVersion,
      prices: prices.version,
      tools: toolsVersion,
    },
    log,
  });

  const consumers = createConsumers({
    redisUrl: deps.redisUrl,
    prefix: REDIS_PREFIX,
    concurrency: config.worker.concurrency,
    onCommand: performCommand,
    onAdvance: (runId, signal) => runner.advance(runId, AbortSignal.any([signal, leaving.signal])),
    log,
  });
  await consumers.ready();
  const sweep = createSweep({
    orphans: () => leases.orphans(),
    hint: (runId) => producer.advance(runId),
    log,
  });
  const { everyMs } = config.reconcile;
  const reconciler = startReconciler({
    github,
    journal,
    ordinals: createOrdinals(redis, REDIS_PREFIX),
    slots: createSlots({ redis, prefix: REDIS_PREFIX, worker }),
    notes: createNotes({ redis, prefix: REDIS_PREFIX, scope: "reconcile", ttlMs: NOTES_MS }),
    enqueue: (command) => producer.command(command),
    keep: (text) => blobs.put(text),
    label: config.run.label,
    everyMs,
    graceMs: Math.min(everyMs, MOST_GRACE_MS),
    now: Date.now,
    counters: deps.counters,
    log,
  });
  log.info({ worker, sandbox: config.sandbox.kind, problem: sandbox.problem }, "worker is ready");

  return {
    async stop() {
      leaving.abort();
      await sweep.stop();
      await reconciler.stop();
      await consumers.close({ withinMs: HAND_OVER_MS });
      await producer.close();
      redis.disconnect();
    },
  };
}

/** Time for one model call, from the first byte sent to the last one read; the SDK's own ten minutes would outlast any patience. */
const MODEL_TIMEOUT_MS = 180_000;

function openModel({ model }: Config): Model {
  if (!model.apiKey && !model.baseUrl) {
    throw new BadConfiguration([
      "OPENAI_API_KEY is missing. Write the key of your model provider, or OPENAI_BASE_URL for an endpoint that needs none.",
    ]);
  }
  const baseUrl = model.baseUrl ? { baseUrl: model.baseUrl } : {};
  return createOpenAiModel({
    apiKey: model.apiKey ?? "",
    ...baseUrl,
    api: model.api,
    timeoutMs: MODEL_TIMEOUT_MS,
  });
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal });
}
