import { answerEnded, answerNoStep, answerNothingAsked, answerStatus } from "../report/answers.ts";
import { foldRun } from "../run/evolve.ts";
import type { Actor, RepositoryRef } from "../run/request.ts";
import type { Run } from "../run/run.ts";
import type { Asked } from "./command.ts";
import type { PerformerDeps } from "./performer-deps.ts";
import { startRun } from "./start-run.ts";

/** Who asked, by a comment or by a button, and how they are answered. */
export interface Occasion {
  deliveryId: string;
  repository: RepositoryRef;
  actor: Actor;
  answer(body: string): Promise<void>;
  /** shows that it was seen, where there is something to show it on */
  acknowledge(): Promise<void>;
}

export type AskedOfRun = Extract<Asked, { verb: "retry" | "stop" | "status" }>;
type Retry = Extract<Asked, { verb: "retry" }>;

/** Does to a run what somebody who may ask it has asked. Ends in one answer or in an acknowledgement. */
export async function performVerb(
  asked: AskedOfRun,
  run: Run,
  occasion: Occasion,
  deps: PerformerDeps,
): Promise<void> {
  switch (asked.verb) {
    case "status":
      return occasion.answer(answerStatus(run));
    case "stop":
      return run.ended ? occasion.answer(answerEnded(run)) : tell(asked, run.id, occasion, deps);
    case "retry":
      return retry(asked, run, occasion, deps);
    default:
      return asked satisfies never;
  }
}

async function retry(asked: Retry, run: Run, occasion: Occasion, deps: PerformerDeps): Promise<void> {
  // This very wish has started the run that we look at: we were cut off before we could say so.
  if (run.request.deliveryId === occasion.deliveryId) return hintNewRun(asked, run.id, occasion, deps);
  if (run.ended) return startAgain(asked, run, occasion, deps);
  if (asked.step !== null && !run.steps.some((step) => step.number === asked.step)) {
    return occasion.answer(answerNoStep(asked.step, run));
  }
  // Kept for later, it would answer a question that nobody has read yet.
  const taken = run.commands.some((each) => each.deliveryId === occasion.deliveryId);
  if (!run.asked && !taken) return occasion.answer(answerNothingAsked(run));
  return tell(asked, run.id, occasion, deps);
}

/** A run that has ended stays ended; the next one begins with the same text of the issue, whatever it says by now. */
async function startAgain(asked: Retry, ended: Run, occasion: Occasion, deps: PerformerDeps): Promise<void> {
  const { deliveryId, repository, actor } = occasion;
  const next = await startRun({ deliveryId, repository, issue: ended.request.issue, actor }, deps);
  if (next.outcome !== "already_active") return hintNewRun(asked, next.runId, occasion, deps);
  // Asked on the pull request of a former run, while a later one works on the same issue.
  return occasion.answer(answerNothingAsked(foldRun(await deps.journal.read(next.runId))));
}

/** What was written after `retry` goes into the new run's log; there is nothing else that it could be a retry of. */
async function hintNewRun(
  asked: Retry,
  runId: string,
  occasion: Occasion,
  deps: PerformerDeps,
): Promise<void> {
  if (asked.why !== null) return tell(asked, runId, occasion, deps);
  await deps.advance(runId);
  await occasion.acknowledge();
}

async function tell(
  asked: AskedOfRun,
  runId: string,
  occasion: Occasion,
  deps: PerformerDeps,
): Promise<void> {
  const { deliveryId, actor } = occasion;
  const { step, why } = asked.verb === "retry" ? asked : { step: null, why: null };
  await deps.journal.deliver(runId, { deliveryId, command: asked.verb, actor, step, why });
  await deps.advance(runId);
  await occasion.acknowledge();
}
