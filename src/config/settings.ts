import { z } from "zod";
import { autonomySchema } from "../run/request.ts";
import {
  absolutePath,
  appId,
  decimal,
  hostList,
  httpUrl,
  idList,
  oneOf,
  prices,
  privateKey,
  readableFile,
  redisUrl,
  secret,
  someOf,
  wholeNumber,
  words,
} from "./setting-kinds.ts";

/** Every setting, in the order in which people meet them: what it may be, what holds without it, what it means. */
export const settings = z.object({
  APP_ID: appId.describe("the App's number, from its settings page"),
  PRIVATE_KEY: privateKey.optional().describe("the App's private key (PEM; `\\n` may stand for line breaks)"),
  PRIVATE_KEY_PATH: readableFile.optional().describe("file with the private key, instead of PRIVATE_KEY"),
  WEBHOOK_SECRET: secret
    .optional()
    .describe("secret of the App's webhook; without it webhooks are answered 503"),
  GITHUB_API_URL: httpUrl
    .prefault("https://api.github.com")
    .describe("GitHub's REST API; on GitHub Enterprise Server `https://HOST/api/v3`"),
  FIXPOINT_MARKER_KEY: secret
    .optional()
    .describe(
      "key that signs our marks on GitHub; without it one made of the private key, so that a new private key forgets them",
    ),
  FIXPOINT_REDIS_URL: redisUrl.optional().describe("Redis or Valkey; without it a private one is started"),
  FIXPOINT_DATA_DIR: absolutePath
    .optional()
    .describe("what must survive; by default `fixpoint` in the XDG data folder"),
  FIXPOINT_CACHE_DIR: absolutePath
    .optional()
    .describe("what may be thrown away; by default `fixpoint` in the XDG cache folder"),
  HOST: words.prefault("127.0.0.1").describe("address to listen on; `0.0.0.0` in a container"),
  PORT: wholeNumber(0, 65_535).prefault("3000").describe("port to listen on"),
  LOG_LEVEL: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent")
    .prefault("info")
    .describe("how much is logged"),
  NODE_ENV: words.optional().describe("with `production` the sandbox cannot be switched off"),
  FIXPOINT_LABEL: words.prefault("agent-fix").describe("label that starts a run"),
  FIXPOINT_AUTONOMY: oneOf(...autonomySchema.options)
    .prefault("ready")
    .describe("how far a run goes: `propose` a plan and wait, keep a `draft`, or make it `ready` when green"),
  FIXPOINT_BOT_IDS: idList
    .prefault("")
    .describe("numeric user ids of bots that may ask, separated by commas"),
  FIXPOINT_STARTS_PER_HOUR: wholeNumber(1, 10_000)
    .prefault("30")
    .describe("runs that one person may start within an hour; what is more waits for its turn"),
  FIXPOINT_BUDGET_USD: decimal(0.01, 1_000).prefault("2").describe("most that one run may spend, in dollars"),
  FIXPOINT_MAX_STEPS: wholeNumber(1, 7).prefault("7").describe("steps of a plan"),
  FIXPOINT_MAX_TURNS: wholeNumber(1, 200).prefault("24").describe("model calls in one attempt of a step"),
  FIXPOINT_MAX_ATTEMPTS: wholeNumber(1, 10)
    .prefault("3")
    .describe("attempts of a step before a person is asked"),
  FIXPOINT_MAX_REPAIRS: wholeNumber(0, 2)
    .prefault("2")
    .describe("repairs after a red CI before a person is asked"),
  FIXPOINT_MAX_REVISIONS: wholeNumber(0, 50)
    .prefault("5")
    .describe("reviews that are taken in before a person is asked"),
  FIXPOINT_MAX_OUTPUT_TOKENS: wholeNumber(256, 128_000)
    .prefault("8000")
    .describe("answer tokens of a model call"),
  FIXPOINT_MAX_FILES: wholeNumber(1, 300).prefault("30").describe("files that a run may touch"),
  FIXPOINT_MAX_DIFF_LINES: wholeNumber(1, 100_000).prefault("1500").describe("lines that a run may change"),
  OPENAI_API_KEY: secret.optional().describe("key of the model provider"),
  OPENAI_BASE_URL: httpUrl.optional().describe("any OpenAI-compatible endpoint; by default OpenAI's own"),
  FIXPOINT_MODEL: words.prefault("gpt-5").describe("model that carries out the steps"),
  FIXPOINT_PLAN_MODEL: words.optional().describe("model that plans; by default FIXPOINT_MODEL"),
  FIXPOINT_ESCALATION_MODEL: words
    .optional()
    .describe("model for a step that failed; by default FIXPOINT_MODEL"),
  FIXPOINT_MODEL_API: oneOf("responses", "chat")
    .prefault("responses")
    .describe("protocol that the endpoint speaks"),
  FIXPOINT_PRICES: prices
    .optional()
    .describe("file with prices of models; one without a price is counted as the dearest that is known"),
  FIXPOINT_SANDBOX: oneOf("bwrap", "none")
    .prefault("bwrap")
    .describe("where a repository's code runs; `none` protects nothing"),
  FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED: oneOf("yes")
    .optional()
    .describe("`yes` is the second setting that `none` needs"),
  FIXPOINT_REGISTRY_HOSTS: hostList
    .prefault("")
    .describe(
      "hosts that an installation may reach beside the registries of npm, pip and Go, which are asked; Cargo cannot be asked",
    ),
  FIXPOINT_TRUSTED_CA: readableFile
    .optional()
    .describe("further certificates to trust (PEM); by default NODE_EXTRA_CA_CERTS"),
  FIXPOINT_GIT_PROTOCOLS: someOf("https", "http", "file")
    .prefault("https")
    .describe("protocols that git may fetch by"),
  FIXPOINT_CI_NEVER_REPORTED_MINUTES: wholeNumber(1, 1_440)
    .prefault("30")
    .describe("silence of CI before a person is asked"),
  FIXPOINT_CI_SETTLE_SECONDS: wholeNumber(0, 3_600)
    .prefault("20")
    .describe("time for late checks before green counts"),
  FIXPOINT_CI_POLL_SECONDS: wholeNumber(1, 3_600)
    .prefault("60")
    .describe("how often CI is asked when no event arrives"),
  FIXPOINT_RECONCILE_MINUTES: wholeNumber(1, 1_440)
    .prefault("5")
    .describe("how often lost deliveries and forgotten issues are looked for"),
  FIXPOINT_WORKER_CONCURRENCY: wholeNumber(1, 256)
    .prefault("4")
    .describe("runs that one worker carries side by side"),
  FIXPOINT_METRICS_PORT: wholeNumber(0, 65_535)
    .optional()
    .describe("port for Prometheus (`/metrics`); each process of a host needs its own; without it none"),
  FIXPOINT_METRICS_HOST: words
    .prefault("127.0.0.1")
    .describe("address of `/metrics`; it tells numbers only, yet need not be on the internet"),
});
export type Settings = z.output<typeof settings>;

/** All settings as a Markdown table, for the README and for people at a terminal. */
export function describeSettings(): string {
  const rows = Object.entries(settings.shape).map(([name, schema]) => {
    const fallback = schema instanceof z.ZodPrefault ? String(schema.def.defaultValue) : "";
    return `| \`${name}\` | ${fallback && `\`${fallback}\``} | ${schema.description ?? ""} |`;
  });
  return ["| setting | without it | meaning |", "|---|---|---|", ...rows].join("\n");
}
