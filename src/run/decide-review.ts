import type { Action } from "./action.ts";
import type { Run } from "./run.ts";
import type { AskReason } from "./status.ts";

/** What a review may answer: all that these questions need is to be told what to do about the code. */
const answeredByReview: ReadonlySet<AskReason> = new Set<AskReason>([
  "base_red",
  "ci_red",
  "ci_unclear",
  "ci_never_reported",
]);

/** The review that is taken in next. Only between two rounds of work; one that comes in the middle of another waits for its end. */
export function reviewToTake(run: Run): Run["reviews"][number] | null {
  const [review] = run.reviews;
  if (!review || !run.published) return null;
  if (run.status === "awaiting_ci" || run.status === "awaiting_merge") return review;
  const asks = run.status === "awaiting_person" ? run.asked?.reason : undefined;
  return asks !== undefined && answeredByReview.has(asks) ? review : null;
}

export function decideReview(run: Run, review: Run["reviews"][number]): Action {
  if (run.revisions.length < run.limits.revisions + run.extraRevisions) {
    return { do: "take_review", ...review };
  }
  return {
    do: "ask",
    reason: "revisions",
    question: `A review asks for changes, after ${countRevisions(run.revisions.length)} already. Comment \`/agent retry\` to have this one taken in as well, or go on by hand.`,
    resumeAt: "gate",
  };
}

function countRevisions(count: number): string {
  return count === 1 ? "one revision" : `${count} revisions`;
}
