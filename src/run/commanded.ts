import { resumePoint } from "./decide.ts";
import { isUpdatedTooOften } from "./decide-base.ts";
import type { EventData } from "./events.ts";
import { suspendedQuestion } from "./lifecycle.ts";
import type { Run, Step } from "./run.ts";
import { isEnded } from "./status.ts";
import { inStep } from "./steps.ts";

/** What a run is after somebody, or GitHub, told it something. Pure. */
export function commanded(run: Run, data: EventData<"command.received">, at: number): Run {
  const commands = [...run.commands, { ...data, at }];
  if (isEnded(run.status)) return { ...run, commands };
  switch (data.command) {
    case "stop":
      return { ...run, commands, stopAskedBy: data.actor.login };
    case "review": {
      const { reviewId, actor } = data;
      return reviewId === undefined
        ? { ...run, commands }
        : { ...run, commands, reviews: [...run.reviews, { reviewId, actor }] };
    }
    case "pull_merged":
      return { ...run, commands, pull: "merged" };
    case "pull_drafted":
      return { ...run, commands, pull: "draft", heldAsDraftBy: data.actor.login };
    case "pull_readied":
      return { ...run, commands, pull: "ready", heldAsDraftBy: null };
    case "pull_closed":
      return { ...run, commands, pull: "closed" };
    case "retry":
      return run.asked ? retried({ ...run, commands }, run.asked.resumeAt, data.step) : { ...run, commands };
    case "suspended":
      return suspended({ ...run, commands }, at);
    case "unsuspended":
      return run.asked?.reason === "suspended"
        ? retried({ ...run, commands }, run.asked.resumeAt, null)
        : { ...run, commands };
    case "issue_closed":
    case "issue_unlabeled":
    case "issue_deleted":
    case "issue_transferred":
    case "issue_locked":
    case "repository_archived":
    case "repository_deleted":
    case "repository_transferred":
    case "access_removed":
      return { ...run, commands, withdrawn: data.command };
    case "status":
    case "help":
      return { ...run, commands };
    default:
      return data.command satisfies never;
  }
}

/** Parked until the installation is back. A run that waits for a person anyway goes on waiting, and its question can be answered later. */
function suspended(run: Run, at: number): Run {
  if (run.status === "awaiting_person") return run;
  const asked = { reason: "suspended", question: suspendedQuestion, resumeAt: resumePoint(run), at } as const;
  return { ...run, status: "awaiting_person", asked };
}

/** What a person allows again gets fresh patience; what it cost so far stays spent. A named step is done again, with all after it, unless it is published. */
function retried(run: Run, resumeAt: EventData<"person.asked">["resumeAt"], from: number | null): Run {
  const steps = run.steps.map((step): Step => {
    const again = from !== null && step.number >= from && step.commit === null;
    const forgiven = step.failures.length;
    return again ? { ...step, forgiven, status: "waiting", checkpoint: null } : { ...step, forgiven };
  });
  const planApproved = run.asked?.reason === "plan_approval" ? run.planHash : run.planApproved;
  const extraRevisions = run.extraRevisions + (run.asked?.reason === "revisions" ? 1 : 0);
  const forgivenPlans = run.planRejections.length;
  // At the gate a conflict is about commits of others: whoever answers has seen them.
  const allows = run.asked?.reason === "conflict" && resumeAt === "gate" && !isUpdatedTooOften(run);
  const pushOfOthers = allows ? "allowed" : run.pushOfOthers;
  const fresh = { asked: null, baseUpdates: 0, baseMet: null };
  const again = { ...run, ...fresh, steps, planApproved, forgivenPlans, extraRevisions, pushOfOthers };
  switch (resumeAt) {
    case "triage":
      return { ...again, status: "triaging" };
    case "plan":
      return { ...again, status: "planning", setupResult: null, baseChecks: [] };
    case "execute":
      return inStep(again);
    case "publish":
      return { ...again, status: "publishing" };
    case "gate":
      return { ...again, status: "awaiting_ci", gate: null, gateSince: run.updatedAt };
    default:
      return resumeAt satisfies never;
  }
}
