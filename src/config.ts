import { createHmac } from "node:crypto";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { readPrivateKey } from "./config/setting-kinds.ts";
import { type Settings, settings } from "./config/settings.ts";
import { BadConfiguration } from "./errors.ts";
import type { Autonomy, Limits } from "./run/request.ts";
import { nanoUsd } from "./run/usage.ts";

export { describeSettings } from "./config/settings.ts";

/** All that a process is told from outside, by room. Nothing else reads the environment. */
export interface Config {
  github: {
    appId: number;
    privateKey: string;
    apiUrl: string;
    markerKey: string;
    /** when twins of a doubtful write are looked for; no setting, tests shorten it */
    twinsAfterMs?: number;
  };
  /** `webhookSecret` null: webhooks are answered 503 and nothing is accepted */
  web: { host: string; port: number; webhookSecret: string | null };
  /** null: a private Redis is started */
  redisUrl: string | null;
  dataDir: string;
  cacheDir: string;
  /** the search path of this process: where programs for checks are found */
  searchPath: string;
  log: { level: string };
  run: {
    label: string;
    autonomy: Autonomy;
    limits: Limits;
    botIds: readonly number[];
    /** of one person */
    startsPerHour: number;
  };
  model: {
    apiKey: string | null;
    baseUrl: string | null;
    api: "responses" | "chat";
    plan: string;
    execute: string;
    escalate: string;
    /** the operator's own, by model: nano-dollars for a token */
    prices: Readonly<Record<string, { input: number; cached: number; output: number }>>;
  };
  /** `registryHosts` come on top of the built-in ones; `trustedCa` is a file of certificates in PEM */
  sandbox: { kind: "bwrap" | "none"; registryHosts: readonly string[]; trustedCa: string | null };
  git: { protocols: readonly string[] };
  gate: { neverReportedAfterMs: number; settleMs: number; pollMs: number };
  worker: { concurrency: number };
  /** `port` null: no metrics are served */
  metrics: { host: string; port: number | null };
  reconcile: { everyMs: number };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process. */
export function environment(): Environment {
  return process.env;
}

/** Reads and checks everything at once; throws `BadConfiguration` with a sentence for each mistake. An empty value counts as not set. */
export function readConfig(env: Environment): Config {
  const given: Record<string, string> = {};
  for (const name of Object.keys(settings.shape)) {
    const value = env[name]?.trim();
    if (value) given[name] = value;
  }
  const read = settings.safeParse(given);
  const problems = [
    ...(read.error?.issues ?? []).map((issue) => `${String(issue.path[0])} ${issue.message}`),
    ...contradictions(given),
  ];
  if (!read.success || problems.length > 0) throw new BadConfiguration(problems);
  const privateKey = read.data.PRIVATE_KEY ?? readPrivateKey(read.data.PRIVATE_KEY_PATH?.content ?? "");
  if (!privateKey) {
    throw new BadConfiguration([
      "PRIVATE_KEY_PATH names a file without an RSA private key. Write the path of the App's PEM file.",
    ]);
  }
  return arrange(read.data, privateKey, env);
}

function contradictions(given: Environment): string[] {
  const { PRIVATE_KEY: key, PRIVATE_KEY_PATH: keyPath, FIXPOINT_SANDBOX: sandbox, NODE_ENV: nodeEnv } = given;
  const problems: string[] = [];
  if (!key && !keyPath) {
    problems.push(
      "PRIVATE_KEY is missing. Write the App's private key, or the path of its file into PRIVATE_KEY_PATH.",
    );
  }
  if (key && keyPath) problems.push("PRIVATE_KEY and PRIVATE_KEY_PATH are both set. Write only one of them.");
  if (sandbox === "none" && nodeEnv === "production") {
    problems.push("FIXPOINT_SANDBOX is none, which production refuses. Install bubblewrap and write bwrap.");
  } else if (sandbox === "none" && given["FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED"] !== "yes") {
    problems.push(
      "FIXPOINT_SANDBOX is none, so the code of repositories would run unprotected on this machine. " +
        "Write bwrap, or FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED=yes if you accept that.",
    );
  }
  return problems;
}

function arrange(values: Settings, privateKey: string, env: Environment): Config {
  return {
    github: {
      appId: values.APP_ID,
      privateKey,
      apiUrl: values.GITHUB_API_URL,
      markerKey:
        values.FIXPOINT_MARKER_KEY ?? createHmac("sha256", privateKey).update("fixpoint marks").digest("hex"),
    },
    web: { host: values.HOST, port: values.PORT, webhookSecret: realSecret(values.WEBHOOK_SECRET) },
    redisUrl: values.FIXPOINT_REDIS_URL ?? null,
    dataDir: values.FIXPOINT_DATA_DIR ?? ownFolder(env, "XDG_DATA_HOME", ".local/share"),
    cacheDir: values.FIXPOINT_CACHE_DIR ?? ownFolder(env, "XDG_CACHE_HOME", ".cache"),
    searchPath: env["PATH"] || "/usr/local/bin:/usr/bin:/bin",
    log: { level: values.LOG_LEVEL },
    run: {
      label: values.FIXPOINT_LABEL,
      autonomy: values.FIXPOINT_AUTONOMY,
      limits: limitsOf(values),
      botIds: values.FIXPOINT_BOT_IDS,
      startsPerHour: values.FIXPOINT_STARTS_PER_HOUR,
    },
    model: {
      apiKey: values.OPENAI_API_KEY ?? null,
      baseUrl: values.OPENAI_BASE_URL ?? null,
      api: values.FIXPOINT_MODEL_API,
      plan: values.FIXPOINT_PLAN_MODEL ?? values.FIXPOINT_MODEL,
      execute: values.FIXPOINT_MODEL,
      escalate: values.FIXPOINT_ESCALATION_MODEL ?? values.FIXPOINT_MODEL,
      prices: values.FIXPOINT_PRICES ?? {},
    },
    sandbox: {
      kind: values.FIXPOINT_SANDBOX,
      registryHosts: values.FIXPOINT_REGISTRY_HOSTS,
      trustedCa: values.FIXPOINT_TRUSTED_CA?.path ?? (env["NODE_EXTRA_CA_CERTS"] || null),
    },
    git: { protocols: values.FIXPOINT_GIT_PROTOCOLS },
    gate: {
      neverReportedAfterMs: values.FIXPOINT_CI_NEVER_REPORTED_MINUTES * 60_000,
      settleMs: values.FIXPOINT_CI_SETTLE_SECONDS * 1_000,
      pollMs: values.FIXPOINT_CI_POLL_SECONDS * 1_000,
    },
    worker: { concurrency: values.FIXPOINT_WORKER_CONCURRENCY },
    metrics: { host: values.FIXPOINT_METRICS_HOST, port: values.FIXPOINT_METRICS_PORT ?? null },
    reconcile: { everyMs: values.FIXPOINT_RECONCILE_MINUTES * 60_000 },
  };
}

function limitsOf(values: Settings): Limits {
  return {
    nanoUsd: nanoUsd(values.FIXPOINT_BUDGET_USD),
    steps: values.FIXPOINT_MAX_STEPS,
    turnsPerStep: values.FIXPOINT_MAX_TURNS,
    attemptsPerStep: values.FIXPOINT_MAX_ATTEMPTS,
    repairs: values.FIXPOINT_MAX_REPAIRS,
    revisions: values.FIXPOINT_MAX_REVISIONS,
    outputTokensPerCall: values.FIXPOINT_MAX_OUTPUT_TOKENS,
    filesTouched: values.FIXPOINT_MAX_FILES,
    diffLines: values.FIXPOINT_MAX_DIFF_LINES,
  };
}

/** Probot uses the secret `development` when it is given none, so anybody can sign with it: it counts as missing. */
function realSecret(secret: string | undefined): string | null {
  return !secret || secret === "development" ? null : secret;
}

/** The XDG specification says to ignore a relative path. */
function ownFolder(env: Environment, variable: string, inHome: string): string {
  const base = env[variable];
  return join(base && isAbsolute(base) ? base : join(env["HOME"] || homedir(), inHome), "fixpoint");
}
