import { z } from "zod";
import { fileChangeSchema } from "./change.ts";
import { checkResultSchema, checkSchema, setupSchema } from "./check.ts";
import { clashSchema } from "./clash.ts";
import { machineSchema } from "./compare-ci.ts";
import { gateReadingSchema } from "./gate-reading.ts";
import { withdrawalNames } from "./lifecycle.ts";
import { planSchema } from "./plan.ts";
import { actorSchema, autonomySchema, limitsSchema, runRequestSchema } from "./request.ts";
import { askReasonSchema, outcomeSchema } from "./status.ts";
import { nanoUsdSchema, usageSchema } from "./usage.ts";

/** Which piece of thinking a model call or a tool call belongs to, e.g. `step 2, attempt 1`. */
const phaseSchema = z.string();

/** What people and GitHub tell a run. */
const toldNames = [
  "retry",
  "stop",
  "status",
  "help",
  "review",
  "pull_closed",
  "pull_merged",
  "pull_drafted",
  "pull_readied",
  "suspended",
  "unsuspended",
  ...withdrawalNames,
] as const;

const reportedSchema = z.enum(["ok", "refused", "failed"]);

/**
 * Every kind of event with its payload, version 1. Digests name blobs (SHA-256); nothing large and nothing secret stands in an event.
 * To add a kind: add it here, then the compiler asks `evolve` and the audit trail what it means.
 */
export const eventSchemas = {
  "run.requested": runRequestSchema,
  /** a worker took the lease; without `lease.given_back` before it the former holder died */
  "lease.taken": z.object({ worker: z.string(), epoch: z.int() }),
  "lease.given_back": z.object({ because: z.string() }),
  "run.triaged": z.object({
    base: z.object({ branch: z.string(), sha: z.string() }),
    /** head of our branch as an earlier life of this run has left it, whose log was lost: what comes next builds on it */
    earlier: z.string().optional(),
    checks: z.array(checkSchema),
    setup: setupSchema,
    autonomy: autonomySchema,
    limits: limitsSchema,
    /** blob of `.github/fixpoint.yml` at the base, or null */
    configDigest: z.string().nullable(),
    /** the repository's workflows start something only when a draft becomes ready */
    ciStartsWhenReady: z.boolean(),
  }),
  "setup.finished": z.object({
    status: z.enum(["ready", "failed", "nothing_to_install"]),
    ms: z.int(),
    outputDigest: z.string(),
    /** hosts that were asked for and refused, for the report */
    refusedHosts: z.array(z.string()),
    /** what the checks run on from here */
    machine: machineSchema.optional(),
  }),
  "model.reserved": z.object({
    callId: z.string(),
    phase: phaseSchema,
    model: z.string(),
    requestDigest: z.string(),
    nanoUsd: nanoUsdSchema,
  }),
  "model.settled": z.object({
    callId: z.string(),
    phase: phaseSchema,
    model: z.string(),
    requestDigest: z.string(),
    /** blob of the answer; null when the call failed */
    answerDigest: z.string().nullable(),
    usage: usageSchema,
    nanoUsd: nanoUsdSchema,
    ms: z.int(),
    failure: z.string().nullable(),
  }),
  "tool.called": z.object({
    phase: phaseSchema,
    callId: z.string(),
    name: z.string(),
    /** blobs of the arguments as the model wrote them and of the result as the model read it */
    argumentsDigest: z.string(),
    resultDigest: z.string(),
    status: reportedSchema,
    ms: z.int(),
    paths: z.array(z.string()),
  }),
  "policy.decided": z.object({
    phase: phaseSchema,
    rule: z.string(),
    subject: z.string(),
    verdict: z.enum(["allow", "deny", "ask"]),
    reason: z.string(),
  }),
  /** an operator allows more than when the run began */
  "budget.raised": z.object({ nanoUsd: nanoUsdSchema, because: z.string() }),
  "plan.made": z.object({ plan: planSchema, planHash: z.string() }),
  "plan.rejected": z.object({ attempt: z.int(), problems: z.array(z.string()) }),
  "step.started": z.object({ step: z.int(), attempt: z.int() }),
  "check.ran": z.object({ phase: phaseSchema, result: checkResultSchema }),
  "step.failed": z.object({
    step: z.int(),
    attempt: z.int(),
    because: z.string(),
    outputDigest: z.string().nullable(),
  }),
  "step.checkpointed": z.object({
    step: z.int(),
    attempt: z.int(),
    summary: z.string(),
    /** git tree of base plus changes: what the published commit must carry */
    tree: z.string(),
    /** blob of the unified diff from the base, for people */
    patchDigest: z.string(),
    changes: z.array(fileChangeSchema),
    proof: checkResultSchema.nullable(),
  }),
  "repair.planned": z.object({
    repair: z.int(),
    title: z.string(),
    check: z.string(),
    /** what failed on which SHA, and the blob of the log that shows it */
    sha: z.string(),
    failureSignature: z.string(),
    logDigest: z.string(),
  }),
  /** a review that people with write access made of our pull request, as it is taken in: all its comments are one revision */
  "revision.asked": z.object({
    revision: z.int(),
    reviewId: z.int(),
    actor: actorSchema,
    title: z.string(),
    check: z.string(),
    files: z.array(z.string()),
    /** first comments of the threads that get an answer; empty when the review has only a body */
    threads: z.array(z.int()),
    /** blob of the review, see `reviewSchema` */
    reviewDigest: z.string(),
  }),
  "review.passed_over": z.object({ reviewId: z.int(), because: z.string() }),
  "effect.intended": z.object({ opKey: z.string(), op: z.string(), argsHash: z.string() }),
  "effect.done": z.object({
    opKey: z.string(),
    op: z.string(),
    how: z.enum(["made", "adopted"]),
    /** what GitHub calls the thing: ids, SHAs, URLs */
    receipt: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  }),
  "run.published": z.object({
    sha: z.string(),
    branch: z.string(),
    pullNumber: z.int(),
    pullUrl: z.string(),
  }),
  /** the branch stands at a commit that others made, and the run goes on from there; `baseSha`: what it brought of the base branch, if that is why */
  "head.adopted": z.object({
    sha: z.string(),
    from: z.string(),
    because: z.enum(["person", "base_update"]),
    baseSha: z.string().nullable(),
  }),
  /** the head was held against the tip of its base, and nothing has to be done about it */
  "base.met": z.object({ sha: z.string(), baseSha: z.string(), standing: z.enum(["current", "behind"]) }),
  /** the base moved and clashes with our change: that is carried over to the new tip as far as it goes, and one step does the rest */
  "update.planned": z.object({
    update: z.int(),
    title: z.string(),
    check: z.string(),
    /** our head, which becomes the first parent of the merge */
    sha: z.string(),
    /** the tip of the base, on which the step builds */
    baseSha: z.string(),
    /** our change against that tip, with conflict markers where it clashes */
    changes: z.array(fileChangeSchema),
    clashes: z.array(clashSchema),
  }),
  "gate.read": z.object({ reading: gateReadingSchema, stage: z.enum(["draft", "ready"]) }),
  /** red for a reason that may pass by itself: the failed jobs run once more, which costs no attempt */
  "ci.rerun": z.object({
    sha: z.string(),
    because: z.string(),
    /** how many workflow runs were begun again: none where CI is not GitHub's own; left out by versions that did not count */
    workflowRuns: z.int().optional(),
  }),
  "pull.made_ready": z.object({ sha: z.string() }),
  "pull.made_draft": z.object({ sha: z.string(), because: z.string() }),
  "person.asked": z.object({
    reason: askReasonSchema,
    question: z.string(),
    /** where the run goes on when the answer is `/agent retry` */
    resumeAt: z.enum(["triage", "plan", "execute", "publish", "gate"]),
  }),
  "command.received": z.object({
    deliveryId: z.string(),
    command: z.enum(toldNames),
    actor: actorSchema,
    step: z.int().nullable(),
    why: z.string().nullable(),
    /** for `review` only */
    reviewId: z.int().optional(),
  }),
  "run.ended": z.object({ outcome: outcomeSchema, because: z.string() }),
} as const;

export type EventKind = keyof typeof eventSchemas;
export type EventData<K extends EventKind> = z.infer<(typeof eventSchemas)[K]>;

/** What a phase records: kind and payload. The journal adds the rest. */
export type NewEvent = { [K in EventKind]: { kind: K; data: EventData<K> } }[EventKind];

/** An entry of a run's log. `hash` covers everything else, `previous` chains it to the entry before. */
export type RunEvent = NewEvent & {
  /** 1, 2, 3 … without a gap; also the Redis Stream id `N-0` */
  seq: number;
  /** milliseconds since 1970 by the worker's clock */
  at: number;
  version: 1;
  previous: string;
  hash: string;
};
