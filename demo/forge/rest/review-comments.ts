import { created, noContent, numberParam, ok, type RepositoryCall } from "../call.ts";
import { integer, optionalText, text } from "../fields.ts";
import { page } from "../paging.ts";
import { hasRole } from "../permissions.ts";
import type { Review, ReviewComment } from "../records/issue.ts";
import { needsAdminRights, notFound } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { isPull, type PullIssue, shapeReviewComment } from "../shapes/pull.ts";
import { emitReview, emitReviewComment, placeComment } from "../verbs/review.ts";
import { callerOf, checkBody } from "./issues.ts";
import { pullOf } from "./pulls.ts";

export function reviewCommentOf(call: RepositoryCall): { issue: PullIssue; comment: ReviewComment } {
  const id = numberParam(call, "id");
  for (const issue of [...call.repository.issues.values()].filter(isPull)) {
    const comment = issue.pull.reviewComments.find((one) => one.id === id);
    if (comment !== undefined) return { issue, comment };
  }
  throw notFound();
}

/** A comment outside a review gets a review of its own, as on GitHub. */
function reviewFor(call: RepositoryCall, issue: PullIssue, commitSha: string): Review {
  const at = call.world.now();
  const review: Review = {
    id: call.world.state.nextId(),
    author: callerOf(call),
    body: "",
    state: "COMMENTED",
    commitSha,
    submittedAt: at,
    createdAt: at,
  };
  issue.pull.reviews.push(review);
  return review;
}

async function add(call: RepositoryCall, issue: PullIssue, parent: ReviewComment | null) {
  const { world, repository, body } = call;
  const words = checkBody("PullRequestReviewComment", text(body, "body")) ?? "";
  const commitSha = parent?.commitSha ?? optionalText(body, "commit_id") ?? issue.pull.headSha;
  const review = reviewFor(call, issue, commitSha);
  const comment = await placeComment(world, repository, issue, {
    author: review.author,
    viaApp: call.actor.kind === "installation",
    body: words,
    path: parent?.path ?? text(body, "path"),
    line: parent?.line ?? integer(body, "line") ?? integer(body, "position") ?? null,
    startLine: integer(body, "start_line") ?? null,
    side: (parent?.side ?? body["side"]) === "LEFT" ? "LEFT" : "RIGHT",
    commitSha,
    reviewId: review.id,
    // A reply to a reply hangs on the first comment of the thread.
    inReplyTo: parent === null ? null : (parent.inReplyTo ?? parent.id),
    subject: body["subject_type"] === "file" ? "file" : "line",
  });
  emitReview(world, repository, issue, review, "submitted", review.author);
  emitReviewComment(world, repository, issue, comment, "created", review.author);
  return created(shapeReviewComment(world, repository, issue, comment));
}

function createReviewComment(call: RepositoryCall) {
  const issue = pullOf(call);
  const parentId = integer(call.body, "in_reply_to");
  const parent = issue.pull.reviewComments.find((one) => one.id === parentId) ?? null;
  if (parentId !== undefined && parent === null) throw notFound();
  return add(call, issue, parent);
}

function reply(call: RepositoryCall) {
  const issue = pullOf(call);
  const parent = issue.pull.reviewComments.find((one) => one.id === numberParam(call, "id"));
  if (parent === undefined) throw notFound();
  return add(call, issue, parent);
}

function checkMayChange(call: RepositoryCall, comment: ReviewComment) {
  const caller = callerOf(call);
  if (call.actor.kind === "person" && comment.author !== caller && !hasRole(call.repository, caller, "write"))
    throw needsAdminRights();
}

function update(call: RepositoryCall) {
  const { issue, comment } = reviewCommentOf(call);
  checkMayChange(call, comment);
  const from = comment.body;
  comment.body = checkBody("PullRequestReviewComment", text(call.body, "body")) ?? "";
  comment.updatedAt = call.world.now();
  emitReviewComment(call.world, call.repository, issue, comment, "edited", callerOf(call), {
    changes: { body: { from } },
  });
  return ok(shapeReviewComment(call.world, call.repository, issue, comment));
}

function remove(call: RepositoryCall) {
  const { issue, comment } = reviewCommentOf(call);
  checkMayChange(call, comment);
  issue.pull.reviewComments = issue.pull.reviewComments.filter((one) => one !== comment);
  emitReviewComment(call.world, call.repository, issue, comment, "deleted", callerOf(call));
  return noContent();
}

function listAll(call: RepositoryCall, issues: readonly PullIssue[]) {
  const since = call.query.get("since");
  const placed = issues
    .flatMap((issue) =>
      issue.pull.reviewComments.map((comment) => ({ issue, comment, createdAt: comment.createdAt })),
    )
    .filter(({ comment }) => since === null || comment.updatedAt >= new Date(since))
    // A comment of a review that was not submitted yet is seen by its author only.
    .filter(
      ({ issue, comment }) =>
        issue.pull.reviews.find((one) => one.id === comment.reviewId)?.state !== "PENDING",
    );
  return page(call, placed, ({ issue, comment }) =>
    shapeReviewComment(call.world, call.repository, issue, comment),
  );
}

const read = { needs: "pull_requests:read", role: "anyone" } as const;
const write = { needs: "pull_requests:write", role: "anyone" } as const;

export const reviewCommentRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/pulls/comments": {
    ...read,
    run: (call) => listAll(call, [...call.repository.issues.values()].filter(isPull)),
  },
  "GET /repos/:owner/:repo/pulls/:number/comments": { ...read, run: (call) => listAll(call, [pullOf(call)]) },
  "POST /repos/:owner/:repo/pulls/:number/comments": { ...write, run: createReviewComment },
  "POST /repos/:owner/:repo/pulls/:number/comments/:id/replies": { ...write, run: reply },
  "GET /repos/:owner/:repo/pulls/comments/:id": {
    ...read,
    run: (call) => {
      const { issue, comment } = reviewCommentOf(call);
      return ok(shapeReviewComment(call.world, call.repository, issue, comment));
    },
  },
  "PATCH /repos/:owner/:repo/pulls/comments/:id": { ...write, run: update },
  "DELETE /repos/:owner/:repo/pulls/comments/:id": { ...write, run: remove },
};
