import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { BadConfiguration } from "../src/errors.ts";
import type { StageOptions } from "./stage.ts";

export interface Options extends Omit<StageOptions, "say"> {
  scene: "plain" | "kill";
  output: "text" | "json";
}

const sample = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** What the demo shows when nothing else is asked for. */
const sampleRun = {
  repo: sample("samples/billfold"),
  issue: sample("samples/billfold.issue.md"),
  script: sample("scripts/billfold.json"),
};

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
  const { values } = parse(args);
  const problems: string[] = [];
  const given = { repo: values.repo, issue: values.issue, script: values.script, model: values.model };
  const untouched = Object.values(given).every((value) => value === undefined);
  const use =
    untouched && defaults === "sample" ? { ...given, ...sampleRun } : sampleWithModel(given, defaults);
  if (!use.repo) problems.push("--repo is missing. Give a directory or a git URL.");
  if (!use.issue)
    problems.push("--issue is missing. Give a Markdown file whose first line is the issue's title.");
  const scene = values.scene ?? "plain";
  if (scene !== "plain" && scene !== "kill")
    problems.push(`--scene ${scene} is not known. Scenes: plain, kill.`);
  const checks = (values.check ?? []).map((text) => readCheck(text, problems));
  const model = chooseModel(use, env, problems);
  if (problems.length > 0 || !model) throw new BadConfiguration(problems);
  return {
    repo: isUrl(use.repo ?? "") ? (use.repo ?? "") : resolve(use.repo ?? ""),
    issueFile: resolve(use.issue ?? ""),
    model,
    checks,
    cacheDir:
      env["FIXPOINT_CACHE_DIR"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "fixpoint"),
    passOn: passedOn(env),
    scene: scene === "kill" ? "kill" : "plain",
    output: values.json ? "json" : "text",
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        repo: { type: "string" },
        issue: { type: "string" },
        script: { type: "string" },
        model: { type: "string" },
        check: { type: "string", multiple: true },
        scene: { type: "string" },
        json: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new BadConfiguration([error instanceof Error ? error.message : String(error)]);
  }
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

function readCheck(text: string, problems: string[]): { name: string; command: string } {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1)
    problems.push(`--check "${text}" is not NAME=COMMAND, as in --check "test=npm test".`);
  return { name: text.slice(0, at).trim(), command: text.slice(at + 1).trim() };
}

function isUrl(repo: string): boolean {
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
