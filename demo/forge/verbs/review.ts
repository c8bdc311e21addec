import type { Account } from "../records/account.ts";
import type { Review, ReviewComment } from "../records/issue.ts";
import type { Repository } from "../records/repository.ts";
import { validationFailed } from "../refusal.ts";
import {
  type PullIssue,
  shapePullSimple,
  shapeReview,
  shapeReviewComment,
  viewPull,
} from "../shapes/pull.ts";
import type { World } from "../world.ts";

export function emitReview(
  world: World,
  repository: Repository,
  issue: PullIssue,
  review: Review,
  action: string,
  sender: Account,
): void {
  const shaped = shapeReview(world, repository, issue, review);
  world.emit({
    event: "pull_request_review",
    action,
    repository,
    sender,
    payload: {
      // In webhooks GitHub writes the state in lower case, and null for an empty body.
      review: { ...shaped, state: review.state.toLowerCase(), body: review.body === "" ? null : review.body },
      pull_request: shapePullSimple(world, repository, issue),
    },
  });
}

export function emitReviewComment(
  world: World,
  repository: Repository,
  issue: PullIssue,
  comment: ReviewComment,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  world.emit({
    event: "pull_request_review_comment",
    action,
    repository,
    sender,
    payload: {
      comment: shapeReviewComment(world, repository, issue, comment),
      pull_request: shapePullSimple(world, repository, issue),
      ...extra,
    },
  });
}

type NewReviewComment = Omit<ReviewComment, "id" | "reactions" | "createdAt" | "updatedAt" | "diffHunk">;

/** Puts a comment on a line of the diff; a line outside the diff is refused. Nothing is told yet. */
export async function placeComment(
  world: World,
  repository: Repository,
  issue: PullIssue,
  wanted: NewReviewComment,
): Promise<ReviewComment> {
  const view = await viewPull(repository, issue);
  const file = view.files.find((one) => one.path === wanted.path);
  const fail = (field: string, message: string) =>
    validationFailed({ resource: "PullRequestReviewComment", code: "custom", field, message });
  if (file === undefined)
    throw fail("pull_request_review_thread.path", "pull_request_review_thread.path is not part of the diff");
  const hunk = wanted.line === null ? file.patch : hunkAround(file.patch ?? "", wanted.line, wanted.side);
  if (hunk === null && wanted.subject === "line") {
    throw fail("pull_request_review_thread.line", "pull_request_review_thread.line must be part of the diff");
  }
  const at = world.now();
  const comment: ReviewComment = {
    ...wanted,
    id: world.state.nextId(),
    diffHunk: hunk ?? "",
    reactions: [],
    createdAt: at,
    updatedAt: at,
  };
  issue.pull.reviewComments.push(comment);
  issue.updatedAt = at;
  return comment;
}

/** The hunk of a patch up to the commented line, or null when the line is not in it. */
function hunkAround(patch: string, line: number, side: "LEFT" | "RIGHT"): string | null {
  let shown: string[] = [];
  let left = 0;
  let right = 0;
  for (const text of patch.split("\n")) {
    const start = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(text);
    if (start !== null) {
      shown = [text];
      left = Number(start[1]);
      right = Number(start[2]);
      continue;
    }
    shown.push(text);
    const here = side === "LEFT" ? left : right;
    const countsHere = side === "LEFT" ? !text.startsWith("+") : !text.startsWith("-");
    if (countsHere && here === line) return shown.join("\n");
    if (!text.startsWith("+")) left += 1;
    if (!text.startsWith("-")) right += 1;
  }
  return null;
}
