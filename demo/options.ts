import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BadConfiguration } from "../src/errors.ts";
import { checkSchema } from "../src/run/check.ts";
import { readCommandLine } from "./command-line.ts";

const scenes = ["plain", "kill", "repair"] as const;
type SceneName = (typeof scenes)[number];

/** What the stage is set with. */
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
  /** where programs are looked for */
  searchPath: string;
  /** settings of the product that whoever started us has set */
  passOn: Readonly<Record<string, string>>;
  say(line: string): void;
}

export interface Options extends Omit<StageOptions, "say"> {
  scene: SceneName;
  output: "text" | "json";
}

const sample = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** What the demo shows when nothing else is asked for. */
const sampleRun = {
  repo: sample("samples/billfold"),
  issue: sample("samples/billfold.issue.md"),
  script: sample("scripts/billfold.json"),
};

/** The same work, with a step that forgets what only CI checks. */
const repairScript = sample("scripts/billfold-repair.json");

/** Settings of the product that make sense for a run on the stage, handed on as they are. */
const PASSED_ON = [
  "LOG_LEVEL",
  "NODE_EXTRA_CA_CERTS",
  "FIXPOINT_TRUSTED_CA",
  "FIXPOINT_SANDBOX",
  "FIXPOINT_SANDBOX_NONE_ACKNOWLEDGED",
  "FIXPOINT_REGISTRY_HOSTS",
  "FIXPOINT_BUDGET_USD",
  "FIXPOINT_MODEL_API",
  "FIXPOINT_PRICES",
  "FIXPOINT_PLAN_MODEL",
  "FIXPOINT_ESCALATION_MODEL",
];

/** Reads the command line of `npm run demo` and `fixpoint run`. Throws `BadConfiguration` with every mistake at once. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  defaults: "sample" | "none",
): Options {
  const problems: string[] = [];
  const { text, texts, has } = readCommandLine(args, problems);
  const given = {
    repo: text("--repo"),
    issue: text("--issue"),
    script: text("--script"),
    model: text("--model"),
  };
  const scene = text("--scene") ?? "plain";
  const untouched = Object.values(given).every((value) => value === undefined);
  const use =
    untouched && defaults === "sample"
      ? { ...given, ...sampleRun, ...(scene === "repair" ? { script: repairScript } : {}) }
      : sampleWithModel(given, defaults);
  if (!use.repo && !has("--repo")) problems.push("--repo is missing. Give a directory or a git URL.");
  if (!use.issue && !has("--issue"))
    problems.push("--issue is missing. Give a Markdown file whose first line is the issue's title.");
  if (defaults === "none" && has("--scene")) problems.push("--scene belongs to `npm run demo`.");
  else if (!isScene(scene)) problems.push(`--scene ${scene} is not known. Scenes: ${scenes.join(", ")}.`);
  if (defaults === "sample" && has("--json")) problems.push("--json belongs to `fixpoint run`.");
  const checks = readChecks(texts("--check"), problems);
  const model = chooseModel(use, env, problems);
  if (problems.length > 0 || !model) throw new BadConfiguration(problems);
  return {
    repo: isUrl(use.repo ?? "") ? (use.repo ?? "") : resolve(use.repo ?? ""),
    issueFile: resolve(use.issue ?? ""),
    model,
    checks,
    cacheDir:
      env["FIXPOINT_CACHE_DIR"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fixpoint"),
    searchPath: env["PATH"] || "/usr/local/bin:/usr/bin:/bin",
    passOn: passedOn(env),
    scene: isScene(scene) ? scene : "plain",
    output: has("--json") ? "json" : "text",
  };
}

function isScene(name: string): name is SceneName {
  return (scenes as readonly string[]).includes(name);
}

type Given = Record<"repo" | "issue" | "script" | "model", string | undefined>;

/** `--model` alone is the sample with a real model. */
function sampleWithModel(given: Given, defaults: "sample" | "none"): Given {
  if (defaults === "none" || given.repo !== undefined || given.issue !== undefined) return given;
  return { ...given, repo: sampleRun.repo, issue: sampleRun.issue };
}

function chooseModel(
  use: Given,
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): StageOptions["model"] | null {
  if (use.script && use.model) problems.push("--script and --model exclude each other. Give one of them.");
  if (use.script) return { kind: "script", file: resolve(use.script) };
  const name = use.model ?? env["FIXPOINT_MODEL"];
  if (!name) {
    problems.push(
      "--script or --model is missing. Give a scripted model's file (docs/scripts.md), or a model's name.",
    );
    return null;
  }
  const apiKey = env["OPENAI_API_KEY"] ?? "";
  const baseUrl = env["OPENAI_BASE_URL"] ?? null;
  if (!apiKey && !baseUrl) {
    problems.push(
      "OPENAI_API_KEY is not set, and a real model needs it. Set it, or OPENAI_BASE_URL for a model without a key.",
    );
  }
  return { kind: "real", name, apiKey: apiKey || "none", baseUrl };
}

function readChecks(texts: readonly string[], problems: string[]): { name: string; command: string }[] {
  const checks = texts.map((text) => readCheck(text, problems));
  const names = checks.map((check) => check.name);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index))) {
    problems.push(`--check names "${name}" more than once. Give each check a name of its own.`);
  }
  return checks;
}

function readCheck(text: string, problems: string[]): { name: string; command: string } {
  const at = text.indexOf("=");
  const name = text.slice(0, at).trim();
  const command = text.slice(at + 1).trim();
  if (at < 1 || command === "")
    problems.push(`--check "${text}" is not NAME=COMMAND, as in --check "test=npm test".`);
  else if (!checkSchema.shape.name.safeParse(name).success) {
    problems.push(
      `--check "${text}": the name of a check is 1 to 40 letters, digits, :, _ or -, and begins with a letter or digit.`,
    );
  }
  return { name, command };
}

export function isUrl(repo: string): boolean {
  return /^[a-z+]+:\/\//i.test(repo) || /^[\w.-]+@[\w.-]+:/.test(repo);
}

function passedOn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    PASSED_ON.flatMap((name) => {
      const value = env[name];
      return value ? [[name, value] as const] : [];
    }),
  );
}
