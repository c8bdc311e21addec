import { totalSpending } from "../src/run/spending.ts";
import { NANO_USD_PER_USD } from "../src/run/usage.ts";
import type { CarriedOut } from "./carry-out.ts";
import { type PhaseTime, phaseTimes } from "./phase-times.ts";

/** A run's result for scripts: one JSON object, money in dollars, times in ms. */
export interface Result {
  status: string;
  /** in words, when the run waits for a person or has ended */
  because: string | null;
  branch: string;
  head: string | null;
  pullRequest: string | null;
  commits: readonly { step: number; title: string; sha: string | null; attempts: number }[];
  /** unified diff from the base */
  patch: string;
  checks: readonly { name: string; conclusion: string }[];
  usage: { calls: number; inputTokens: number; cachedTokens: number; outputTokens: number };
  costUsd: number;
  timings: {
    totalMs: number;
    setupMs: number | null;
    checksMs: number;
    modelMs: number;
    /** the same total, by what the run was at */
    phases: readonly PhaseTime[];
  };
  audit: { events: number; head: string };
}

export async function resultOf({ run, events, stage, ms }: CarriedOut): Promise<Result> {
  const spending = totalSpending(run);
  const last = run.steps.findLast((step) => step.checkpoint);
  const sum = (kind: "check.ran" | "model.settled") =>
    events.reduce((total, event) => {
      if (event.kind !== kind) return total;
      return total + (event.kind === "check.ran" ? event.data.result.ms : event.data.ms);
    }, 0);
  return {
    status: run.status,
    because: run.asked?.question ?? run.ended?.because ?? null,
    branch: run.request.branch,
    head: run.published?.sha ?? null,
    pullRequest: run.published?.pullUrl ?? null,
    commits: run.steps.map(({ number, title, commit, failures, status }) => ({
      step: number,
      title,
      sha: commit,
      attempts: failures.length + (status === "waiting" ? 0 : 1),
    })),
    patch: last?.checkpoint ? await stage.blobs.getText(last.checkpoint.patchDigest) : "",
    checks: run.gate?.checks.map(({ name, conclusion }) => ({ name, conclusion })) ?? [],
    usage: {
      calls: spending.calls,
      inputTokens: spending.inputTokens,
      cachedTokens: spending.cachedTokens,
      outputTokens: spending.outputTokens,
    },
    costUsd: spending.spent / NANO_USD_PER_USD,
    timings: {
      totalMs: ms,
      setupMs: run.setupResult?.ms ?? null,
      checksMs: sum("check.ran"),
      modelMs: sum("model.settled"),
      phases: phaseTimes(events),
    },
    audit: { events: run.seq, head: run.head },
  };
}

/** 0 ready for review and green, 1 failed, 3 waits for a person, 4 stopped or nothing to do. (2, usage or configuration, comes from elsewhere.) */
export function exitCodeOf({ run }: CarriedOut): 0 | 1 | 3 | 4 {
  switch (run.status) {
    case "awaiting_merge":
    case "merged":
      return run.gate?.verdict === "passed" && run.gate.sha === run.published?.sha ? 0 : 1;
    case "awaiting_person":
      return 3;
    case "stopped":
    case "nothing_to_do":
    case "closed":
      return 4;
    default:
      return 1;
  }
}
