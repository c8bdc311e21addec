import type { Run, Step } from "../run/run.ts";
import { totalSpending } from "../run/spending.ts";
import { formatUsd } from "../run/usage.ts";
import { describeDifference } from "./ci-difference.ts";
import { countCalls } from "./cost-summary.ts";
import { ownBlock } from "./own-block.ts";
import { neutralise, plainLine, quoteLine } from "./quote.ts";
import { wordsFor } from "./words.ts";

/** What the repository wants of a pull request, beside what the run knows. */
export interface PullRequestHabits {
  /** its pull request template, put after our own text */
  template: string | null;
  /** `none`: the sandbox was switched off by the operator, which the reader must know */
  sandbox: "bwrap" | "none";
}

export function renderPullTitle(run: Run, convention: "plain" | "conventional"): string {
  const title = plainLine(run.request.issue.title, 200);
  return convention === "conventional" ? `fix: ${title.charAt(0).toLowerCase()}${title.slice(1)}` : title;
}

/** The pull request as it is opened; of later editions only our own block in it is used. Why, the steps with their commits, what proves them, what it cost, and how to go on. */
export function renderPullBody(run: Run, habits: PullRequestHabits): string {
  const ours = [
    `### Why\n\n${neutralise(run.plan?.goal ?? "")}`,
    `### Steps\n\n${steps(run.steps)}`,
    `### Validation\n\n${validation(run, habits)}`,
    `### Cost\n\n${formatUsd(totalSpending(run).spent)} of ${formatUsd(run.limits.nanoUsd)}, ${countCalls(totalSpending(run).calls)}.`,
    `### What you can do\n\n${whatNext(run)}`,
  ];
  const parts = [`Fixes #${run.request.issue.number}.`, ownBlock(ours.join("\n\n"))];
  if (habits.template) parts.push(`---\n\n${habits.template.trim()}`);
  parts.push(
    `<sub>Made by Fixpoint, run \`${run.id}\`, for ${quoteLine(run.request.requestedBy.login)}. The audit trail and the cost summary stand in the comments.</sub>`,
  );
  return parts.join("\n\n");
}

function steps(all: readonly Step[]): string {
  const rows = all.map((step) => {
    const attempts = step.failures.length === 0 ? "" : ` (attempt ${step.failures.length + 1})`;
    const summary = step.checkpoint ? quoteLine(step.checkpoint.summary, 400) : "";
    return `| ${step.number} | ${quoteLine(step.title, 80)}${attempts} | ${step.commit ?? ""} | ${summary} |`;
  });
  return ["| | Step | Commit | What was done |", "|--:|---|---|---|", ...rows].join("\n");
}

/** Only recorded exit codes and CI's own answers; never the model's words. */
function validation(run: Run, habits: PullRequestHabits): string {
  const proof = run.checksAfter;
  const names = [...new Set([...run.baseChecks, ...proof].map((check) => check.name))];
  const rows = names.map((name) => {
    const before = run.baseChecks.findLast((check) => check.name === name);
    const after = proof.findLast((check) => check.name === name);
    const foundIn = run.checks.find((check) => check.name === name)?.foundIn ?? "";
    return `| \`${quoteLine(name)}\` | ${quoteLine(foundIn)} | ${result(before)} | ${result(after)} |`;
  });
  const lines = [
    "| Check, in the sandbox | Found in | Before (base) | After |",
    "|---|---|---|---|",
    ...rows,
    "",
    gate(run),
    ...differences(run),
  ];
  const left = run.checks.filter((check) => check.where === "ci_only");
  if (left.length > 0) {
    const list = left.map((check) => `\`${quoteLine(check.name)}\``).join(", ");
    lines.push("", `Left to CI, because they need services or secrets: ${list}.`);
  }
  if (habits.sandbox === "none") {
    lines.push("", "**The operator switched the sandbox off: the checks above ran without isolation.**");
  }
  return lines.join("\n");
}

function result(check: { status: string; exitCode: number | null } | undefined): string {
  if (!check) return "not run";
  const code = check.exitCode === null ? "" : ` (exit code ${check.exitCode})`;
  return `${check.status.replaceAll("_", " ")}${code}`;
}

function gate(run: Run): string {
  if (!run.gate) return "CI has not answered yet; this stays a draft until it is green on the head commit.";
  const list = run.gate.checks.map((check) => `\`${quoteLine(check.name)}\` ${check.conclusion}`).join(", ");
  return `CI on \`${run.gate.sha}\`: **${run.gate.verdict.replaceAll("_", " ")}**${list ? ` (${list})` : ""}. ${quoteLine(run.gate.because, 600)}`;
}

/** Green here and red in CI: what could be the reason. */
function differences({ gate }: Run): string[] {
  if (!gate?.differs) return [];
  if (gate.differs.length === 0) {
    return ["", "The workflow files do not tell of anything that CI does differently from the sandbox."];
  }
  const list = gate.differs.map((each) => `- ${describeDifference(each)}`);
  return ["", "What CI does differently from the sandbox, as its workflow files say:", "", ...list];
}

function whatNext(run: Run): string {
  const { next } = wordsFor(run);
  return `- ${next}\n- \`/agent status\` tells where things are, \`/agent retry\` goes on after a question, \`/agent stop\` ends it.\n- To undo it, close this pull request: nothing else was changed.`;
}
