import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Config, describeSettings, type Environment, readConfig } from "../src/config.ts";
import { BadConfiguration } from "../src/errors.ts";

function newKey(type: "pkcs1" | "pkcs8"): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type, format: "pem" }).toString();
}
const pem = newKey("pkcs1");
const needed = { APP_ID: "4711", PRIVATE_KEY: pem, HOME: "/home/ada", PATH: "/usr/bin" };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fixpoint-config-"));
  writeFileSync(join(folder, "app.pem"), pem);
  writeFileSync(join(folder, "ca.pem"), "a certificate");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function problemsOf(env: Environment): readonly string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof BadConfiguration) return error.problems;
    throw error;
  }
  return [];
}

describe("the configuration", () => {
  it("needs an App ID and a private key; the rest has a default", () => {
    const config = readConfig(needed);
    expect(config).toEqual({
      github: {
        appId: 4711,
        privateKey: pem,
        apiUrl: "https://api.github.com",
        markerKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      web: { host: "127.0.0.1", port: 3000, webhookSecret: null },
      redisUrl: null,
      dataDir: "/home/ada/.local/share/fixpoint",
      cacheDir: "/home/ada/.cache/fixpoint",
      searchPath: "/usr/bin",
      log: { level: "info" },
      run: {
        label: "agent-fix",
        autonomy: "ready",
        limits: {
          nanoUsd: 2_000_000_000,
          steps: 7,
          turnsPerStep: 24,
          attemptsPerStep: 3,
          repairs: 2,
          revisions: 5,
          outputTokensPerCall: 8_000,
          filesTouched: 30,
          diffLines: 1_500,
        },
        botIds: [],
        startsPerHour: 30,
      },
      model: {
        apiKey: null,
        baseUrl: null,
        api: "responses",
        plan: "gpt-5",
        execute: "gpt-5",
        escalate: "gpt-5",
        prices: {},
      },
      sandbox: { kind: "bwrap", registryHosts: [], trustedCa: null },
      git: { protocols: ["https"] },
      gate: { neverReportedAfterMs: 1_800_000, settleMs: 20_000, pollMs: 60_000 },
      worker: { concurrency: 4 },
      metrics: { host: "127.0.0.1", port: null },
      reconcile: { everyMs: 300_000 },
    } satisfies Config);
  });

  it("is read from every setting that is given", () => {
    const config = readConfig({
      ...needed,
      WEBHOOK_SECRET: "shh",
      GITHUB_API_URL: "https://github.example.com/api/v3/",
      FIXPOINT_MARKER_KEY: "marks",
      FIXPOINT_REDIS_URL: "rediss://:password@redis.example.com:6380/1",
      FIXPOINT_DATA_DIR: "/var/lib/fixpoint",
      FIXPOINT_CACHE_DIR: "/var/cache/fixpoint",
      HOST: "0.0.0.0",
      PORT: "0",
      LOG_LEVEL: "debug",
      FIXPOINT_LABEL: "please fix",
      FIXPOINT_AUTONOMY: "draft",
      FIXPOINT_BOT_IDS: "49699333, 29139614",
      FIXPOINT_BUDGET_USD: "0.5",
      FIXPOINT_MAX_STEPS: "3",
      FIXPOINT_MAX_REPAIRS: "0",
      OPENAI_API_KEY: "sk-1",
      OPENAI_BASE_URL: "http://localhost:8080/v1/",
      FIXPOINT_MODEL: "large",
      FIXPOINT_PLAN_MODEL: "small",
      FIXPOINT_ESCALATION_MODEL: "huge",
      FIXPOINT_MODEL_API: "chat",
      FIXPOINT_REGISTRY_HOSTS: "NPM.example.com,pypi.example.com",
      FIXPOINT_TRUSTED_CA: join(folder, "ca.pem"),
      FIXPOINT_GIT_PROTOCOLS: "https,file",
      FIXPOINT_CI_NEVER_REPORTED_MINUTES: "5",
      FIXPOINT_CI_SETTLE_SECONDS: "0",
      FIXPOINT_CI_POLL_SECONDS: "10",
      FIXPOINT_WORKER_CONCURRENCY: "8",
    });
    expect(config).toMatchObject({
      github: { apiUrl: "https://github.example.com/api/v3", markerKey: "marks" },
      web: { host: "0.0.0.0", port: 0, webhookSecret: "shh" },
      redisUrl: "rediss://:password@redis.example.com:6380/1",
      dataDir: "/var/lib/fixpoint",
      cacheDir: "/var/cache/fixpoint",
      log: { level: "debug" },
      run: {
        label: "please fix",
        autonomy: "draft",
        limits: { nanoUsd: 500_000_000, steps: 3, repairs: 0 },
        botIds: [49_699_333, 29_139_614],
      },
      model: {
        apiKey: "sk-1",
        baseUrl: "http://localhost:8080/v1",
        api: "chat",
        plan: "small",
        execute: "large",
        escalate: "huge",
      },
      sandbox: { registryHosts: ["npm.example.com", "pypi.example.com"], trustedCa: join(folder, "ca.pem") },
      git: { protocols: ["https", "file"] },
      gate: { neverReportedAfterMs: 300_000, settleMs: 0, pollMs: 10_000 },
      worker: { concurrency: 8 },
    });
  });

  it("names every mistake at once, in sentences that say what to write", () => {
    const problems = problemsOf({
      APP_ID: "my-app",
      WEBHOOK_SECRET: "two\nlines",
      GITHUB_API_URL: "github.example.com",
      FIXPOINT_REDIS_URL: "http://user:hunter2@localhost",
      FIXPOINT_DATA_DIR: "data",
      PORT: "65536",
      LOG_LEVEL: "loud",
      FIXPOINT_AUTONOMY: "merge",
      FIXPOINT_BOT_IDS: "49699333,dependabot",
      FIXPOINT_BUDGET_USD: "$2",
      FIXPOINT_MAX_STEPS: "8",
      OPENAI_BASE_URL: "https://key@models.example.com",
      FIXPOINT_SANDBOX: "docker",
      FIXPOINT_REGISTRY_HOSTS: "https://npm.example.com/",
      FIXPOINT_TRUSTED_CA: "/nowhere/ca.pem",
      FIXPOINT_GIT_PROTOCOLS: "https,ext",
      FIXPOINT_CI_POLL_SECONDS: "1.5",
    });
    expect(problems).toMatchInlineSnapshot(`
      [
        "APP_ID is "my-app", which does not fit. Write the number that its settings page shows.",
        "WEBHOOK_SECRET does not fit. Write it as it was handed out, on one line.",
        "GITHUB_API_URL does not fit. Write a URL that begins with https:// or http://, without a user name in it.",
        "FIXPOINT_REDIS_URL does not fit. Write a URL that begins with redis://, rediss:// or unix://, or the absolute path of a Unix socket.",
        "FIXPOINT_DATA_DIR is "data", which does not fit. Write an absolute path.",
        "PORT is "65536", which does not fit. Write a whole number from 0 to 65535.",
        "LOG_LEVEL is "loud", which does not fit. Write one of trace, debug, info, warn, error, fatal, silent.",
        "FIXPOINT_AUTONOMY is "merge", which does not fit. Write one of propose, draft, ready.",
        "FIXPOINT_BOT_IDS is "49699333,dependabot", which does not fit. Write numeric ids separated by commas.",
        "FIXPOINT_BUDGET_USD is "$2", which does not fit. Write a number from 0.01 to 1000, such as 1.5.",
        "FIXPOINT_MAX_STEPS is "8", which does not fit. Write a whole number from 1 to 7.",
        "OPENAI_BASE_URL does not fit. Write a URL that begins with https:// or http://, without a user name in it.",
        "FIXPOINT_SANDBOX is "docker", which does not fit. Write one of bwrap, none.",
        "FIXPOINT_REGISTRY_HOSTS is "https://npm.example.com/", which does not fit. Write host names separated by commas, such as npm.example.com.",
        "FIXPOINT_TRUSTED_CA is "/nowhere/ca.pem", which does not fit. Write the path of a file that this user can read.",
        "FIXPOINT_GIT_PROTOCOLS is "https,ext", which does not fit. Write some of https, http, file, separated by commas.",
        "FIXPOINT_CI_POLL_SECONDS is "1.5", which does not fit. Write a whole number from 1 to 3600.",
        "PRIVATE_KEY is missing. Write the App's private key, or the path of its file into PRIVATE_KEY_PATH.",
      ]
    `);
    expect(problems.join()).not.toContain("hunter2");
  });

  it("takes an empty value for none, and ignores what is not ours", () => {
    expect(readConfig({ ...needed, FIXPOINT_LABEL: "  ", PORT: "", REDIS_URL: "nonsense" })).toEqual(
      readConfig(needed),
    );
  });
});

describe("the operator's prices", () => {
  it("are written in dollars per million tokens and read in nano-dollars per token", () => {
    const file = join(folder, "prices.json");
    writeFileSync(file, JSON.stringify({ mine: { input: 1.25, cached: 0.125, output: 10 } }));
    expect(readConfig({ ...needed, FIXPOINT_PRICES: file }).model.prices).toEqual({
      mine: { input: 1_250, cached: 125, output: 10_000 },
    });
  });

  it("are refused when a figure is missing or misspelt", () => {
    const file = join(folder, "wrong-prices.json");
    writeFileSync(file, JSON.stringify({ mine: { input: 1.25, ouput: 10 } }));
    expect(problemsOf({ ...needed, FIXPOINT_PRICES: file }).join()).toContain(
      "Write a JSON file of dollars per million tokens",
    );
  });
});

describe("the private key", () => {
  it.each([
    ["with its line breaks", pem, pem],
    ["with \\n for its line breaks", pem.trim().replaceAll("\n", "\\n"), pem],
    ["as base64", Buffer.from(pem).toString("base64"), pem],
  ])("is read %s", (_, written, key) => {
    expect(readConfig({ ...needed, PRIVATE_KEY: written }).github.privateKey).toBe(key);
  });

  it("may be PKCS#8 as well", () => {
    expect(readConfig({ ...needed, PRIVATE_KEY: newKey("pkcs8") }).github.privateKey).toContain(
      "BEGIN PRIVATE KEY",
    );
  });

  it("is read from a file", () => {
    const env = { APP_ID: "4711", PRIVATE_KEY_PATH: join(folder, "app.pem") };
    expect(readConfig(env).github.privateKey).toBe(pem);
  });

  it.each([
    ["missing", {}, "PRIVATE_KEY is missing."],
    [
      "given twice",
      { PRIVATE_KEY: pem, PRIVATE_KEY_PATH: "/etc/hostname" },
      "PRIVATE_KEY and PRIVATE_KEY_PATH are both set.",
    ],
    ["no key", { PRIVATE_KEY: "hunter2" }, "PRIVATE_KEY does not fit."],
  ])("that is %s is a mistake, and never shown", (_, env, problem) => {
    const problems = problemsOf({ APP_ID: "4711", ...env });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems.join()).not.toMatch(/hunter2|BEGIN/);
  });

  it("in a file that holds none is a mistake", () => {
    expect(problemsOf({ APP_ID: "4711", PRIVATE_KEY_PATH: join(folder, "ca.pem") })).toEqual([
      "PRIVATE_KEY_PATH names a file without an RSA private key. Write the path of the App's PEM file.",
    ]);
  });

  it("gives the markers a key that another private key does not give", () => {
    const keyOf = (key: string) => readConfig({ ...needed, PRIVATE_KEY: key }).github.markerKey;
    expect(keyOf(pem)).toBe(keyOf(pem));
    expect(keyOf(newKey("pkcs1"))).not.toBe(keyOf(pem));
  });
});

describe("the webhook secret", () => {
  it("counts as missing when it is Probot's well-known one", () => {
    expect(readConfig({ ...needed, WEBHOOK_SECRET: "development" }).web.webhookSecret).toBeNull();
  });
});

describe("a sandbox that protects nothing", () => {
  const none = { ...needed, FIXPOINT_SANDBOX: "none" };

  it("needs a second setting", () => {
    expect(problemsOf(none)).toEqual([
      expect.stringMatching(/unprotected.*FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED=yes/),
    ]);
    expect(readConfig({ ...none, FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED: "yes" }).sandbox.kind).toBe("none");
  });

  it("is refused in production whatever else is set", () => {
    const env = { ...none, FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED: "yes", NODE_ENV: "production" };
    expect(problemsOf(env)).toEqual([expect.stringMatching(/production refuses/)]);
  });

  it("is not chosen by the second setting alone", () => {
    expect(readConfig({ ...needed, FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED: "yes" }).sandbox.kind).toBe("bwrap");
  });
});

describe("folders and certificates", () => {
  it("follow the XDG variables, which must be absolute to count", () => {
    const env = { ...needed, XDG_CACHE_HOME: "/tmp/cache", XDG_DATA_HOME: "relative" };
    const { cacheDir, dataDir } = readConfig(env);
    expect({ cacheDir, dataDir }).toEqual({
      cacheDir: "/tmp/cache/fixpoint",
      dataDir: "/home/ada/.local/share/fixpoint",
    });
  });

  it("are those that Node trusts unless others are named", () => {
    const env = { ...needed, NODE_EXTRA_CA_CERTS: "/etc/ca.pem" };
    expect(readConfig(env).sandbox.trustedCa).toBe("/etc/ca.pem");
    const ca = join(folder, "ca.pem");
    expect(readConfig({ ...env, FIXPOINT_TRUSTED_CA: ca }).sandbox.trustedCa).toBe(ca);
  });
});

it("is described in a table with a line for each setting", () => {
  const lines = describeSettings().split("\n");
  expect(lines[0]).toBe("| setting | without it | meaning |");
  expect(lines).toContain("| `FIXPOINT_LABEL` | `agent-fix` | label that starts a run |");
  expect(lines).toContain("| `OPENAI_API_KEY` |  | key of the model provider |");
  for (const line of lines.slice(2)) expect(line).toMatch(/^\| `[A-Z_]+` \| (`[^`]+`)? \| .{10,} \|$/);
});
