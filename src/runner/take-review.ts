import { fetchReview, type ReviewCommentFacts, type ReviewFacts } from "../github/facts/review.ts";
import { plainLine } from "../report/quote.ts";
import type { Action } from "../run/action.ts";
import { cleanLiteral, cleanText } from "../run/clean-text.ts";
import { changesSoFar } from "../run/ground.ts";
import { type Review, type ReviewComment, reviewSchema } from "../run/review.ts";
import type { Revision, Run } from "../run/run.ts";
import { nextCheck } from "../run/steps.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/** More than one step can hold in mind; GitHub itself sends one delivery for each. */
const MOST_COMMENTS = 50;
const MOST_FILES = 10;
/** Lines of the diff above a comment: enough to see what it speaks of. */
const HUNK_LINES = 12;

/**
 * A review becomes one revision, however many comments and deliveries it has. What it says is asked of GitHub; the delivery was only a hint.
 * In: the id of a review by somebody who may write. Out: `revision.asked`, or `review.passed_over` when it asks for nothing.
 */
export async function takeReview(
  turn: Turn,
  { reviewId, actor }: Extract<Action, { do: "take_review" }>,
): Promise<Progress> {
  const run = turn.run();
  const found = await fetchReview(turn.github, run.published?.pullNumber ?? 0, reviewId);
  // Whoever asked was found to have write access; somebody else's words would borrow it.
  const review = found?.author.id === actor.id ? wishesOf(found) : null;
  if (!review) {
    const because = "It asks for nothing, or it was dismissed.";
    await turn.record({ kind: "review.passed_over", data: { reviewId, because } });
    return goOn;
  }
  if (review.comments.length > MOST_COMMENTS) {
    const because = "It has too many comments.";
    await turn.record({ kind: "review.passed_over", data: { reviewId, because } });
    const question = tooMany(review.comments.length);
    await turn.record({ kind: "person.asked", data: { reason: "revisions", question, resumeAt: "gate" } });
    return goOn;
  }
  await turn.record({
    kind: "revision.asked",
    data: {
      revision: run.revisions.length + 1,
      reviewId,
      actor,
      title: `Address the review by ${plainLine(actor.login, 40)}`,
      check: nextCheck(run),
      files: filesOf(run, review),
      threads: [...new Set(review.comments.map((comment) => comment.thread))],
      reviewDigest: await turn.deps.blobs.put(JSON.stringify(review)),
    },
  });
  return goOn;
}

/** The review of a revision, as it was taken in. */
export async function readReview(turn: Turn, { reviewDigest }: Revision): Promise<Review> {
  return reviewSchema.parse(JSON.parse(await turn.deps.blobs.getText(reviewDigest)));
}

/** What a review wants: all its comments when it requests changes, else those that speak to us. Null when that is nothing. */
function wishesOf({ id, author, state, body, comments }: ReviewFacts): Review | null {
  const requests = state === "CHANGES_REQUESTED";
  if (!requests && state !== "COMMENTED" && state !== "APPROVED") return null;
  const meant = comments
    .filter((comment) => requests || ADDRESSED.test(comment.body))
    .map(cleanComment)
    .filter((comment) => comment.body !== "");
  const said = requests || meant.length > 0 ? cleanText(body).text.trim() : "";
  if (said === "" && meant.length === 0) return null;
  return { id, author: author.login, body: said, comments: meant };
}

const ADDRESSED = /^\s*\/agent\b/i;

function cleanComment(comment: ReviewCommentFacts): ReviewComment {
  const { id, thread, path, line, hunk, body, before } = comment;
  return {
    id,
    thread,
    path,
    line,
    hunk: cleanLiteral(hunk).text.split("\n").slice(-HUNK_LINES).join("\n"),
    body: cleanText(body.replace(ADDRESSED, "")).text.trim(),
    before: before.map((each) => ({ author: each.author, body: cleanText(each.body).text.trim() })),
  };
}

/** Files that are opened for the step at once: those that the comments stand in, then those that the run has changed. */
function filesOf(run: Run, { comments }: Review): string[] {
  const written = changesSoFar(run)
    .filter((change) => change.kind === "write")
    .map((change) => change.path);
  return [...new Set([...comments.map((comment) => comment.path), ...written])].slice(0, MOST_FILES);
}

function tooMany(count: number): string {
  return `The review has ${count} comments, and I take in at most ${MOST_COMMENTS} at once. Please ask for the rest in a second review; \`/agent retry\` reads CI again.`;
}
