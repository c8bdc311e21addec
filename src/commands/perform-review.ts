import { answerEnded, answerNotAllowed } from "../report/answers.ts";
import { foldRun } from "../run/evolve.ts";
import type { CommandOf } from "./command.ts";
import { mayAsk } from "./may-ask.ts";
import type { PerformerDeps } from "./performer-deps.ts";

type Review = CommandOf<"review">;

/**
 * A review is told to the run under its own id, so that the deliveries of its comments are one with it. Somebody without write access gets
 * an answer only when they spoke to us: anybody may review a public pull request, and need not know that we exist.
 */
export async function performReview(command: Review, deps: PerformerDeps): Promise<void> {
  const { actor, repository, number, branch, reviewId, commentId, deliveryId } = command;
  const may = await mayAsk(actor, repository, { github: deps.github, botIds: deps.config.botIds });
  if (may.verdict === "no") {
    deps.log.info({ deliveryId, actor, because: may.because }, "review not taken in");
    if (may.because === "no_write_access" && commentId !== null) {
      await deps.github.answer(
        repository,
        number,
        `review-refused-${reviewId}`,
        answerNotAllowed(actor.login),
      );
    }
    return;
  }
  const runId = await deps.journal.runOfBranch(repository.id, branch);
  const run = runId ? foldRun(await deps.journal.read(runId)) : null;
  // People may open pull requests of their own from our branch.
  if (!run || run.published?.pullNumber !== number) return;
  if (run.ended) return deps.github.answer(repository, number, `review-${reviewId}`, answerEnded(run));
  await deps.journal.deliver(run.id, {
    deliveryId: `review-${reviewId}`,
    command: "review",
    actor,
    step: null,
    why: null,
    reviewId,
  });
  await deps.advance(run.id);
  if (commentId !== null) await react(command, commentId, deps);
}

/** A courtesy: the review has been passed on, whether or not GitHub takes the reaction. */
async function react(
  { repository, deliveryId }: Review,
  commentId: number,
  deps: PerformerDeps,
): Promise<void> {
  await deps.github.react(repository, commentId, "review_thread").catch((error: unknown) => {
    deps.log.warn({ err: error, deliveryId }, "no reaction on the comment");
  });
}
