import { commanded } from "./commanded.ts";
import type { EventData, EventKind, RunEvent } from "./events.ts";
import type { Verdict } from "./gate-reading.ts";
import { withAdoptedHead, withUpdate } from "./ground.ts";
import { newRun } from "./new-run.ts";
import { stepOfCommit } from "./op-keys.ts";
import type { Run } from "./run.ts";
import { addSpending } from "./spending.ts";
import type { Status } from "./status.ts";
import { inStep, newStep, withRevision, withStep } from "./steps.ts";

/** The whole of a run's past, folded into what it is now. Throws when the log does not begin with the request. */
export function foldRun(events: readonly RunEvent[]): Run {
  let run: Run | null = null;
  for (const event of events) run = evolve(run, event);
  if (!run) throw new Error("This run has no events.");
  return run;
}

/** What a run is after one more event. Pure; the one place where a status changes. */
export function evolve(before: Run | null, event: RunEvent): Run {
  if (event.kind === "run.requested") return newRun(event);
  if (!before) throw new Error(`A run begins with run.requested, not with ${event.kind}.`);
  const crashes = gotSomewhere.has(event.kind) ? 0 : before.crashes;
  const run: Run = { ...before, seq: event.seq, head: event.hash, updatedAt: event.at, crashes };
  switch (event.kind) {
    case "lease.taken":
      return takenUp(run, event.data);
    case "lease.given_back":
      return { ...run, heldBy: null };
    case "run.triaged": {
      const { base, earlier, checks, setup, autonomy, limits, configDigest, ciStartsWhenReady } = event.data;
      return {
        ...run,
        status: "planning",
        base,
        adopted: earlier === undefined ? null : { sha: earlier, steps: 0, carried: null },
        checks,
        setup,
        autonomy,
        limits,
        configDigest,
        ciStartsWhenReady,
      };
    }
    case "setup.finished":
      return { ...run, setupResult: event.data };
    case "model.reserved":
      return { ...run, openCalls: { ...run.openCalls, [event.data.callId]: event.data.nanoUsd } };
    case "model.settled":
      return settled(run, event.data);
    case "budget.raised":
      return { ...run, limits: { ...run.limits, nanoUsd: event.data.nanoUsd } };
    case "tool.called":
    case "policy.decided":
      return run;
    case "check.ran":
      return event.data.phase === "base"
        ? { ...run, baseChecks: [...run.baseChecks, event.data.result] }
        : { ...run, checksAfter: [...run.checksAfter, event.data.result] };
    case "plan.made": {
      const { plan, planHash } = event.data;
      const steps = plan.steps.map((step, index) => newStep("planned", index + 1, step));
      return { ...run, status: "executing", plan, planHash, steps };
    }
    case "plan.rejected":
      return { ...run, planRejections: [...run.planRejections, event.data] };
    case "step.started":
      return inStep({ ...run, steps: withStep(run, event.data.step, { status: "running" }) });
    case "step.failed":
      return {
        ...run,
        steps: withStep(run, event.data.step, (step) => ({
          status: "waiting",
          failures: [...step.failures, event.data],
        })),
      };
    case "step.checkpointed": {
      const { step, summary, tree, patchDigest, changes, proof } = event.data;
      const checkpoint = { summary, tree, patchDigest, changes, proof };
      return inStep({ ...run, steps: withStep(run, step, { status: "done", checkpoint }) });
    }
    case "repair.planned": {
      const { title, check, repair } = event.data;
      const goal = `Repair ${repair}: CI failed on ${event.data.sha}. Find out why from its log and mend it.`;
      const step = newStep("repair", run.steps.length + 1, { title, goal, files: [], check });
      return {
        ...run,
        status: "repairing",
        repairs: [...run.repairs, event.data],
        steps: [...run.steps, step],
      };
    }
    case "revision.asked":
      return withRevision(run, event.data);
    case "review.passed_over":
      return { ...run, reviews: run.reviews.filter((review) => review.reviewId !== event.data.reviewId) };
    case "effect.intended": {
      const { opKey, op, argsHash } = event.data;
      const calls = (run.effects[opKey]?.calls ?? 0) + 1;
      const intended = { status: "intended", op, argsHash, calls, intendedAt: event.at } as const;
      return { ...run, effects: { ...run.effects, [opKey]: intended } };
    }
    case "effect.done":
      return done(run, event.data, event.at);
    case "run.published":
      return {
        ...run,
        status: "awaiting_ci",
        published: event.data,
        revisions: run.revisions.map((revision) => ({ ...revision, published: true })),
        pull: run.pull === "none" ? "draft" : run.pull,
        gate: null,
        gateSince: event.at,
        baseMet: null,
      };
    case "head.adopted":
      return withAdoptedHead(run, event.data, event.at);
    case "base.met":
      return { ...run, baseMet: event.data.sha };
    case "update.planned":
      return withUpdate(run, event.data);
    case "gate.read":
      return read(run, event.data);
    case "ci.rerun":
      return { ...run, reruns: [...run.reruns, event.data], gate: null, gateSince: event.at };
    case "pull.made_ready":
      return { ...run, status: "awaiting_ci", pull: "ready", gate: null, gateSince: event.at, baseMet: null };
    case "pull.made_draft":
      return { ...run, pull: "draft" };
    case "person.asked": {
      const { reason, question, resumeAt } = event.data;
      return { ...run, status: "awaiting_person", asked: { reason, question, resumeAt, at: event.at } };
    }
    case "command.received":
      return commanded(run, event.data, event.at);
    case "run.ended":
      return { ...run, status: event.data.outcome, asked: null, ended: { ...event.data, at: event.at } };
    default:
      return event satisfies never;
  }
}

/** What a crash loop never gets to. */
const gotSomewhere: ReadonlySet<EventKind> = new Set<EventKind>([
  "run.triaged",
  "plan.made",
  "plan.rejected",
  "step.checkpointed",
  "step.failed",
  "revision.asked",
  "review.passed_over",
  "run.published",
  "head.adopted",
  "base.met",
  "update.planned",
  "gate.read",
  "pull.made_ready",
  "pull.made_draft",
  "person.asked",
  "command.received",
]);

/** A new holder of the lease: calls that the former one left open are spent, since nobody will ever know. */
function takenUp(run: Run, data: EventData<"lease.taken">): Run {
  const lost = Object.values(run.openCalls).reduce((sum, amount) => sum + amount, 0);
  const spending = lost > 0 ? addSpending(run.spending, "lost with a worker", { spent: lost }) : run.spending;
  const status: Status = run.status === "queued" ? "triaging" : run.status;
  const crashes = run.heldBy === null ? run.crashes : run.crashes + 1;
  const workers = [...run.workers, data.worker];
  return { ...run, status, spending, openCalls: {}, heldBy: data.worker, crashes, workers };
}

function settled(run: Run, data: EventData<"model.settled">): Run {
  const { [data.callId]: _, ...openCalls } = run.openCalls;
  const spending = addSpending(run.spending, `${data.phase} · ${data.model}`, {
    calls: 1,
    inputTokens: data.usage.inputTokens,
    cachedTokens: data.usage.cachedTokens,
    outputTokens: data.usage.outputTokens,
    spent: data.nanoUsd,
  });
  return { ...run, openCalls, spending };
}

function done(run: Run, data: EventData<"effect.done">, at: number): Run {
  const { opKey, op, how, receipt } = data;
  const { argsHash = "", calls = 0, intendedAt = at } = run.effects[opKey] ?? {};
  const finished = { status: "done" as const, op, argsHash, calls, intendedAt, how, receipt };
  const effects = { ...run.effects, [opKey]: finished };
  const step = stepOfCommit(opKey);
  if (step !== null && typeof receipt["sha"] === "string") {
    return { ...run, effects, steps: withStep(run, step, { commit: receipt["sha"] }) };
  }
  return { ...run, effects };
}

/** What the run acts upon as if the head were final, so the base is met once more: green, and a silence that a conflict may be the cause of. */
const endsTheWait: ReadonlySet<Verdict> = new Set<Verdict>(["passed", "never_reported", "needs_person"]);

/** A green reading ends the waiting when nothing is left to do for us; a late red one brings the run back. */
function read(run: Run, { reading, stage }: EventData<"gate.read">): Run {
  const isAsFarAsWeGo = stage === "ready" || run.autonomy !== "ready" || run.heldAsDraftBy !== null;
  const settledForGood = reading.verdict === "passed" && isAsFarAsWeGo;
  const late = run.status === "awaiting_merge" && reading.verdict === "pending";
  const status: Status = settledForGood || late ? "awaiting_merge" : "awaiting_ci";
  const baseMet = status === "awaiting_ci" && endsTheWait.has(reading.verdict) ? null : run.baseMet;
  return { ...run, status, gate: reading, baseMet };
}
