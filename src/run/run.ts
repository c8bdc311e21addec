import type { ChangeSet } from "./change.ts";
import type { Check, CheckResult, Setup } from "./check.ts";
import type { Clash } from "./clash.ts";
import type { EventData } from "./events.ts";
import type { GateReading } from "./gate-reading.ts";
import type { Withdrawal } from "./lifecycle.ts";
import type { Plan } from "./plan.ts";
import type { Actor, Autonomy, Limits, RunRequest } from "./request.ts";
import type { SpendingByPart } from "./spending.ts";
import type { AskReason, Outcome, Status } from "./status.ts";

/** A step of the plan, or what came to it later and is numbered on: a repair that a red gate asked for, a revision that a review asked for, an update that a moved base asked for. */
export interface Step {
  number: number;
  kind: "planned" | "repair" | "revision" | "update";
  title: string;
  goal: string;
  files: readonly string[];
  check: string;
  status: "waiting" | "running" | "done";
  /** how many of `failures` a person's retry has forgiven: they count against no limit any more */
  forgiven: number;
  /** failures of this step so far, newest last: the context of the next attempt */
  failures: readonly { attempt: number; because: string; outputDigest: string | null }[];
  checkpoint: Checkpoint | null;
  /** SHA of its verified commit, once published */
  commit: string | null;
}

/** What a review asked for, with the step that does it. `published` from when its commit is on the branch: then it is answered. */
export type Revision = EventData<"revision.asked"> & { step: number; published: boolean };

/**
 * A head that others made, and a person let us go on from; or, with `carried`, a new tip of the base to which our change was carried over:
 * the commit of the first step above it is the merge of that tip into our former head.
 */
interface Adopted {
  sha: string;
  steps: number;
  carried: { head: string; changes: ChangeSet; clashes: readonly Clash[] } | null;
}

interface Checkpoint {
  summary: string;
  tree: string;
  patchDigest: string;
  changes: ChangeSet;
  proof: CheckResult | null;
}

/** What a run is: the fold of its events. */
export interface Run {
  id: string;
  /** sequence and hash of the last event: what the next one builds on */
  seq: number;
  head: string;
  /** times of the first and the last event, ms since 1970 */
  startedAt: number;
  updatedAt: number;
  request: RunRequest;
  status: Status;
  autonomy: Autonomy;
  limits: Limits;
  base: { branch: string; sha: string } | null;
  checks: readonly Check[];
  setup: Setup | null;
  setupResult: EventData<"setup.finished"> | null;
  /** the checks on the untouched base: what was red before we came */
  baseChecks: readonly CheckResult[];
  /** the checks since then, oldest first */
  checksAfter: readonly CheckResult[];
  configDigest: string | null;
  ciStartsWhenReady: boolean;
  plan: Plan | null;
  planHash: string | null;
  /** hash of the plan that a person allowed, where the repository wants to be asked first */
  planApproved: string | null;
  planRejections: readonly { attempt: number; problems: readonly string[] }[];
  steps: readonly Step[];
  /** re-runs of failed jobs that we asked for */
  reruns: readonly EventData<"ci.rerun">[];
  /** repairs begun */
  repairs: readonly EventData<"repair.planned">[];
  /** reviews that ask for something and are not taken in yet, oldest first */
  reviews: readonly { reviewId: number; actor: Actor }[];
  /** reviews that were taken in, oldest first */
  revisions: readonly Revision[];
  /** revisions above the limit that a person's retries have allowed */
  extraRevisions: number;
  /** open calls by id, so that a dead worker's reservations are counted as spent */
  openCalls: Readonly<Record<string, number>>;
  spending: SpendingByPart;
  effects: Readonly<Record<string, EffectState>>;
  published: EventData<"run.published"> | null;
  /** what steps build on since it is not the base of the triage any more, with the number of steps that are part of it */
  adopted: Adopted | null;
  /** times that the branch was brought up to its base since people last asked for something */
  baseUpdates: number;
  /** the head that was held against the tip of its base since that last mattered, or null */
  baseMet: string | null;
  /** what becomes of the next commit of others on our branch */
  pushOfOthers: "stops_us" | "allowed";
  /** where the pull request stands, as we last made it or were told */
  pull: "none" | "draft" | "ready" | "merged" | "closed";
  /** who made it a draft against our wish: we do not make it ready again until somebody else has */
  heldAsDraftBy: string | null;
  /** when the SHA was published or the draft became ready: the gate counts its waiting from here */
  gateSince: number;
  gate: GateReading | null;
  asked: {
    reason: AskReason;
    question: string;
    resumeAt: EventData<"person.asked">["resumeAt"];
    at: number;
  } | null;
  /** somebody asked to stop; the next decision ends the run */
  stopAskedBy: string | null;
  /** what took the ground away from under the run; the next decision ends it */
  withdrawn: Withdrawal | null;
  /** plans that a person's retry has forgiven */
  forgivenPlans: number;
  /** commands that were taken in, oldest first; an id that stands here is not taken in twice */
  commands: readonly (EventData<"command.received"> & { at: number })[];
  ended: { outcome: Outcome; because: string; at: number } | null;
  /** the worker whose turn it is, or was when it died */
  heldBy: string | null;
  /** workers that died since the run last got anywhere */
  crashes: number;
  /** workers that took the lease, oldest first */
  workers: readonly string[];
}

/** `calls`: how often it was meant to be made; `intendedAt`: the last time (ms since 1970) */
type EffectState = { op: string; argsHash: string; calls: number; intendedAt: number } & (
  | { status: "intended" }
  | { status: "done"; how: "made" | "adopted"; receipt: Receipt }
);

export type Receipt = EventData<"effect.done">["receipt"];
