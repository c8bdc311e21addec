import { z } from "zod";

/** Where a run is. Derived from its events, never stored beside them. */
export const statuses = [
  "queued",
  "triaging",
  "planning",
  "executing",
  "repairing",
  "revising",
  "updating",
  "publishing",
  "awaiting_ci",
  "awaiting_merge",
  "awaiting_person",
  "merged",
  "closed",
  "nothing_to_do",
  "stopped",
  "failed",
] as const;
export type Status = (typeof statuses)[number];

const outcomes = ["merged", "closed", "nothing_to_do", "stopped", "failed"] as const;
export const outcomeSchema = z.enum(outcomes);
export type Outcome = z.infer<typeof outcomeSchema>;

/** Why a run waits for a person. Each has its own next action; later reasons join here. */
export const askReasonSchema = z.enum([
  "no_check",
  "configuration",
  "base_red",
  "plan_invalid",
  "plan_approval",
  "step_failed",
  "budget",
  "policy",
  "sandbox",
  "setup_failed",
  "model_unavailable",
  "ci_red",
  "ci_unclear",
  "ci_never_reported",
  "conflict",
  "revisions",
  "permission",
  "suspended",
  "github",
  "internal",
]);
export type AskReason = z.infer<typeof askReasonSchema>;

export function isEnded(status: Status): status is Outcome {
  return (outcomes as readonly string[]).includes(status);
}
