import { answerHelp, answerNoRun, answerNotAllowed, answerUnknown } from "../report/answers.ts";
import { foldRun } from "../run/evolve.ts";
import type { Run } from "../run/run.ts";
import type { CommandOf } from "./command.ts";
import { mayAsk } from "./may-ask.ts";
import { verbs } from "./parse-command.ts";
import { type Occasion, performVerb } from "./perform-verb.ts";
import type { PerformerDeps } from "./performer-deps.ts";

type Ask = CommandOf<"ask">;

/** Every `/agent` comment ends in one answer or in a reaction, so that whoever wrote it knows it was read. */
export async function performAsk(command: Ask, deps: PerformerDeps): Promise<void> {
  const { asked, actor, repository } = command;
  const occasion = occasionOf(command, deps);
  const may = await mayAsk(actor, repository, { github: deps.github, botIds: deps.config.botIds });
  if (may.verdict === "no") {
    deps.log.info({ deliveryId: command.deliveryId, actor, because: may.because }, "command refused");
    if (may.because === "no_write_access") await occasion.answer(answerNotAllowed(actor.login));
    return;
  }
  if (asked.verb === "help") return occasion.answer(answerHelp(Object.values(verbs)));
  if (asked.verb === "unknown") {
    const nearest = asked.nearest && verbs[asked.nearest];
    return occasion.answer(answerUnknown(asked.text, nearest, Object.values(verbs)));
  }
  const run = await findRun(command, deps);
  if (!run) return occasion.answer(answerNoRun(deps.config.label));
  return performVerb(asked, run, occasion, deps);
}

function occasionOf(command: Ask, deps: PerformerDeps): Occasion {
  const { deliveryId, repository, actor, number, commentId, on } = command;
  return {
    deliveryId,
    repository,
    actor,
    answer: (body) => deps.github.answer(repository, number, `command-${commentId}`, body),
    // A courtesy: the command has been carried out, whether or not GitHub takes the reaction.
    acknowledge: async () => {
      const place = on === "review_thread" ? "review_thread" : "conversation";
      await deps.github.react(repository, commentId, place).catch((error: unknown) => {
        deps.log.warn({ err: error, deliveryId }, "no reaction on the comment");
      });
    },
  };
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
