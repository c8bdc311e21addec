import {
  answerEnded,
  answerHelp,
  answerNoRun,
  answerNoStep,
  answerNotAllowed,
  answerNothingAsked,
  answerStatus,
  answerUnknown,
} from "../report/answers.ts";
import { foldRun } from "../run/evolve.ts";
import type { Run } from "../run/run.ts";
import type { CommandOf } from "./command.ts";
import { mayAsk } from "./may-ask.ts";
import { verbs } from "./parse-command.ts";
import type { PerformerDeps } from "./performer-deps.ts";
import { startRun } from "./start-run.ts";

type Ask = CommandOf<"ask">;
type Retry = Extract<Ask["asked"], { verb: "retry" }>;

/** Every `/agent` comment ends in one answer or in a reaction, so that whoever wrote it knows it was read. */
export async function performAsk(command: Ask, deps: PerformerDeps): Promise<void> {
  const { asked, actor, repository } = command;
  const may = await mayAsk(actor, repository, { github: deps.github, botIds: deps.config.botIds });
  if (may.verdict === "no") {
    deps.log.info({ deliveryId: command.deliveryId, actor, because: may.because }, "command refused");
    if (may.because === "no_write_access") await answer(command, deps, answerNotAllowed(actor.login));
    return;
  }
  if (asked.verb === "help") return answer(command, deps, answerHelp(Object.values(verbs)));
  if (asked.verb === "unknown") {
    return answer(
      command,
      deps,
      answerUnknown(asked.text, asked.nearest && verbs[asked.nearest], Object.values(verbs)),
    );
  }
  const run = await findRun(command, deps);
  if (!run) return answer(command, deps, answerNoRun(deps.config.label));
  switch (asked.verb) {
    case "status":
      return answer(command, deps, answerStatus(run));
    case "stop":
      return run.ended ? answer(command, deps, answerEnded(run)) : tell(command, deps, run.id);
    case "retry":
      return retry(command, asked, run, deps);
    default:
      return asked satisfies never;
  }
}

async function findRun(command: Ask, deps: PerformerDeps): Promise<Run | null> {
  const { repository, number, on } = command;
  const runId =
    on === "issue"
      ? await deps.journal.runOfIssue(repository.id, number)
      : await runOfPull(repository, number, deps);
  return runId ? foldRun(await deps.journal.read(runId)) : null;
}

async function runOfPull(
  repository: Ask["repository"],
  number: number,
  deps: PerformerDeps,
): Promise<string | null> {
  const branch = await deps.github.branchOfPull(repository, number);
  return branch ? deps.journal.runOfBranch(repository.id, branch) : null;
}

async function retry(command: Ask, asked: Retry, run: Run, deps: PerformerDeps): Promise<void> {
  // This very comment has started the run that we look at: we were cut off before we could say so.
  if (run.request.deliveryId === command.deliveryId) return hintNewRun(command, asked, run.id, deps);
  if (run.ended) return startAgain(command, asked, run, deps);
  if (asked.step !== null && !run.steps.some((step) => step.number === asked.step)) {
    return answer(command, deps, answerNoStep(asked.step, run));
  }
  // Kept for later, it would answer a question that nobody has read yet.
  const taken = run.commands.some((each) => each.deliveryId === command.deliveryId);
  if (!run.asked && !taken) return answer(command, deps, answerNothingAsked(run));
  return tell(command, deps, run.id);
}

/** A run that has ended stays ended; the next one begins with the same text of the issue, whatever it says by now. */
async function startAgain(command: Ask, asked: Retry, ended: Run, deps: PerformerDeps): Promise<void> {
  const { deliveryId, repository, actor } = command;
  const next = await startRun({ deliveryId, repository, issue: ended.request.issue, actor }, deps);
  if (next.outcome !== "already_active") return hintNewRun(command, asked, next.runId, deps);
  // Asked on the pull request of a former run, while a later one works on the same issue.
  return answer(command, deps, answerNothingAsked(foldRun(await deps.journal.read(next.runId))));
}

/** What was written after `retry` goes into the new run's log; there is nothing else that it could be a retry of. */
async function hintNewRun(command: Ask, asked: Retry, runId: string, deps: PerformerDeps): Promise<void> {
  if (asked.why === null) {
    await deps.advance(runId);
    await react(command, deps);
    return;
  }
  await tell(command, deps, runId);
}

async function tell(command: Ask, deps: PerformerDeps, runId: string): Promise<void> {
  const { deliveryId, actor, asked } = command;
  if (asked.verb === "unknown") return;
  const { step, why } = asked.verb === "retry" ? asked : { step: null, why: null };
  await deps.journal.deliver(runId, { deliveryId, command: asked.verb, actor, step, why });
  await deps.advance(runId);
  await react(command, deps);
}

/** A courtesy: the command has been carried out, whether or not GitHub takes the reaction. */
async function react(command: Ask, deps: PerformerDeps): Promise<void> {
  const place = command.on === "review_thread" ? "review_thread" : "conversation";
  await deps.github.react(command.repository, command.commentId, place).catch((error: unknown) => {
    deps.log.warn({ err: error, deliveryId: command.deliveryId }, "no reaction on the comment");
  });
}

function answer(command: Ask, deps: PerformerDeps, body: string): Promise<void> {
  return deps.github.answer(command.repository, command.number, `command-${command.commentId}`, body);
}
