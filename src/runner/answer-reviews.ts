import { ensureReviewReply } from "../github/review-reply.ts";
import { renderReviewAnswer } from "../report/review-answer.ts";
import { opKeys } from "../run/op-keys.ts";
import type { Revision } from "../run/run.ts";
import { addComment } from "./add-comment.ts";
import type { Turn } from "./turn.ts";

/** Each thread of a review gets one answer as soon as the commit stands on the branch; a review without threads one comment. */
export async function answerReviews(turn: Turn): Promise<void> {
  for (const revision of turn.run().revisions) {
    if (revision.published) await answer(turn, revision);
  }
}

async function answer(turn: Turn, revision: Revision): Promise<void> {
  const { published, id } = turn.run();
  if (!published) return;
  const { reviewId, threads } = revision;
  const body = renderReviewAnswer(turn.run(), revision);
  if (threads.length === 0) return addComment(turn, `review-${reviewId}`, published.pullNumber, body);
  for (const thread of threads) {
    await ensureReviewReply(turn.github, turn.effects, {
      opKey: opKeys.reviewReply(reviewId, thread),
      pullNumber: published.pullNumber,
      thread,
      mark: { run: id, op: `review-${reviewId}-${thread}` },
      body,
    });
  }
}
