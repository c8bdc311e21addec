import type { RunEvent } from "../run/events.ts";
import { formatUsd } from "../run/usage.ts";
import { quoteLine } from "./quote.ts";

/** GitHub takes at most 65,536 characters in a comment; older lines give way to newer ones, and the hash still covers all. */
const MOST_LINES = 300;

/** The log for people: one line an event, and the digest by which anybody can tell whether it was changed afterwards. */
export function renderAuditTrail(runId: string, events: readonly RunEvent[]): string {
  const last = events.at(-1);
  const first = events[0];
  if (!last || !first) return "The log is empty.";
  const lines = events.map(
    (event) => `| ${event.seq} | ${clock(event.at - first.at)} | ${event.kind} | ${describeEvent(event)} |`,
  );
  const left = Math.max(0, lines.length - MOST_LINES);
  const cut = left > 0 ? [`| … | | | ${left} earlier events, covered by the digest |`] : [];
  return [
    `**Audit trail** of \`${runId}\`: ${events.length} events, hash-chained; head digest \`sha256:${last.hash}\`.`,
    "",
    "<details><summary>All events</summary>",
    "",
    "| # | Time | Event | What |",
    "|--:|--:|---|---|",
    ...cut,
    ...lines.slice(left),
    "",
    "</details>",
  ].join("\n");
}

/** One event in one line. Exhaustive: a new kind does not compile before it can be read by people. */
export function describeEvent(event: RunEvent): string {
  switch (event.kind) {
    case "run.requested":
      return `${who(event.data.requestedBy.login)} asked for issue #${event.data.issue.number}; text \`${short(event.data.issue.textHash)}\``;
    case "lease.taken":
      return `by ${quoteLine(event.data.worker)}, epoch ${event.data.epoch}`;
    case "lease.given_back":
      return quoteLine(event.data.because);
    case "run.triaged":
      return `base \`${short(event.data.base.sha)}\`; checks: ${event.data.checks.map((check) => `${quoteLine(check.name)} (${quoteLine(check.foundIn)})`).join(", ")}`;
    case "setup.finished":
      return `${event.data.status.replaceAll("_", " ")} in ${seconds(event.data.ms)}${event.data.refusedHosts.length > 0 ? `; refused: ${event.data.refusedHosts.map((host) => quoteLine(host)).join(", ")}` : ""}`;
    case "model.reserved":
      return `${quoteLine(event.data.phase)}: up to ${formatUsd(event.data.nanoUsd)} for ${quoteLine(event.data.model)}`;
    case "model.settled":
      return `${quoteLine(event.data.phase)}: ${formatUsd(event.data.nanoUsd)}, ${event.data.usage.inputTokens} in (${event.data.usage.cachedTokens} cached), ${event.data.usage.outputTokens} out, ${seconds(event.data.ms)}${event.data.failure ? `; failed: ${quoteLine(event.data.failure)}` : ""}`;
    case "tool.called":
      return `${quoteLine(event.data.phase)}: ${quoteLine(event.data.name)} ${event.data.paths.map((path) => `\`${quoteLine(path, 80)}\``).join(" ")} ${event.data.status}`;
    case "policy.decided":
      return `${event.data.verdict} \`${quoteLine(event.data.subject, 80)}\`: ${quoteLine(event.data.reason)} (${event.data.rule})`;
    case "budget.raised":
      return `to ${formatUsd(event.data.nanoUsd)}: ${quoteLine(event.data.because)}`;
    case "plan.made":
      return `${event.data.plan.steps.length} steps, \`${event.data.planHash.slice(0, 19)}\``;
    case "plan.rejected":
      return quoteLine(event.data.problems.join(" "));
    case "step.started":
      return `step ${event.data.step}, attempt ${event.data.attempt}`;
    case "check.ran":
      return `${quoteLine(event.data.phase)}: ${quoteLine(event.data.result.name)} ${event.data.result.status.replaceAll("_", " ")}${event.data.result.exitCode === null ? "" : ` (exit code ${event.data.result.exitCode})`} in ${seconds(event.data.result.ms)}`;
    case "step.failed":
      return `step ${event.data.step}, attempt ${event.data.attempt}: ${quoteLine(event.data.because)}`;
    case "step.checkpointed":
      return `step ${event.data.step}: tree \`${short(event.data.tree)}\`, ${event.data.changes.length} files differ from the base`;
    case "repair.planned":
      return `repair ${event.data.repair} after \`${short(event.data.sha)}\``;
    case "revision.asked":
      return `revision ${event.data.revision} for review ${event.data.reviewId} by ${who(event.data.actor.login)}, ${countThreads(event.data.threads.length)}`;
    case "review.passed_over":
      return `review ${event.data.reviewId}: ${quoteLine(event.data.because)}`;
    case "effect.intended":
      return `${event.data.op} \`${quoteLine(event.data.opKey, 80)}\``;
    case "effect.done":
      return `${event.data.op} \`${quoteLine(event.data.opKey, 80)}\` ${event.data.how}`;
    case "run.published":
      return `pull request #${event.data.pullNumber} at \`${short(event.data.sha)}\``;
    case "head.adopted":
      return `\`${short(event.data.sha)}\` on top of \`${short(event.data.from)}\`: ${event.data.because === "person" ? "others pushed, and a person let the run go on" : "brought up to the base"}`;
    case "base.met":
      return `\`${short(event.data.sha)}\` ${event.data.standing === "current" ? "contains" : "need not contain"} the base at \`${short(event.data.baseSha)}\``;
    case "update.planned":
      return `update ${event.data.update} of \`${short(event.data.sha)}\` to the base at \`${short(event.data.baseSha)}\`; clashes: ${event.data.clashes.map(({ path, kind }) => `\`${quoteLine(path, 80)}\` (${kind.replaceAll("_", " ")})`).join(", ") || "none in the text"}`;
    case "gate.read":
      return `${event.data.stage}: ${event.data.reading.verdict.replaceAll("_", " ")}. ${quoteLine(event.data.reading.because)}`;
    case "ci.rerun":
      return `at \`${short(event.data.sha)}\`: ${quoteLine(event.data.because)}`;
    case "pull.made_ready":
    case "pull.made_draft":
      return `at \`${short(event.data.sha)}\``;
    case "person.asked":
      return `${event.data.reason.replaceAll("_", " ")}: ${quoteLine(event.data.question)}`;
    case "command.received":
      return `${event.data.command.replaceAll("_", " ")} by ${who(event.data.actor.login)}`;
    case "run.ended":
      return `${event.data.outcome.replaceAll("_", " ")}: ${quoteLine(event.data.because)}`;
    default:
      return event satisfies never;
  }
}

function countThreads(count: number): string {
  return count === 1 ? "one thread" : `${count} threads`;
}

function who(login: string): string {
  return quoteLine(login);
}

function short(hash: string): string {
  return hash.slice(0, 10);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function clock(ms: number): string {
  const total = Math.floor(ms / 1_000);
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")}`;
}
