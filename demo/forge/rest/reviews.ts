import { numberParam, ok, type RepositoryCall } from "../call.ts";
import { type Fields, integer, objects, optionalText, text } from "../fields.ts";
import { page } from "../paging.ts";
import { hasRole } from "../permissions.ts";
import type { Review } from "../records/issue.ts";
import { notFound, unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { type PullIssue, shapeReview, shapeReviewComment } from "../shapes/pull.ts";
import { emitReview, emitReviewComment, placeComment } from "../verbs/review.ts";
import { callerOf, checkBody } from "./issues.ts";
import { pullOf } from "./pulls.ts";

const STATES = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

function stateOf(call: RepositoryCall, issue: PullIssue): Review["state"] {
  const event = optionalText(call.body, "event");
  if (event === undefined || event === null || event === "") return "PENDING";
  if (event !== "APPROVE" && event !== "REQUEST_CHANGES" && event !== "COMMENT")
    throw unprocessable("Variable $event of type PullRequestReviewEvent was provided invalid value");
  const own = callerOf(call) === issue.author;
  if (own && event === "APPROVE") throw unprocessable("Can not approve your own pull request");
  if (own && event === "REQUEST_CHANGES")
    throw unprocessable("Can not request changes on your own pull request");
  return STATES[event];
}

function reviewOf(call: RepositoryCall, issue: PullIssue): Review {
  const review = issue.pull.reviews.find((one) => one.id === numberParam(call, "review"));
  if (review === undefined) throw notFound();
  return review;
}

async function addComments(
  call: RepositoryCall,
  issue: PullIssue,
  review: Review,
  comments: readonly Fields[],
) {
  const viaApp = call.actor.kind === "installation";
  for (const given of comments) {
    await placeComment(call.world, call.repository, issue, {
      author: review.author,
      viaApp,
      body: text(given, "body"),
      path: text(given, "path"),
      line: integer(given, "line") ?? integer(given, "position") ?? null,
      startLine: integer(given, "start_line") ?? null,
      side: given["side"] === "LEFT" ? "LEFT" : "RIGHT",
      commitSha: review.commitSha,
      reviewId: review.id,
      inReplyTo: null,
      subject: "line",
    });
  }
}

async function createReview(call: RepositoryCall) {
  const { world, repository, body } = call;
  const issue = pullOf(call);
  const author = callerOf(call);
  const state = stateOf(call, issue);
  const given = checkBody("PullRequestReview", optionalText(body, "body") ?? null) ?? "";
  const comments = objects(body, "comments") ?? [];
  if ((state === "CHANGES_REQUESTED" || state === "COMMENTED") && given === "" && comments.length === 0) {
    throw unprocessable("Unprocessable Entity");
  }
  const at = world.now();
  const review: Review = {
    id: world.state.nextId(),
    author,
    body: given,
    state,
    commitSha: optionalText(body, "commit_id") ?? issue.pull.headSha,
    submittedAt: state === "PENDING" ? null : at,
    createdAt: at,
  };
  await addComments(call, issue, review, comments);
  issue.pull.reviews.push(review);
  issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter((one) => one !== author);
  issue.updatedAt = at;
  if (state !== "PENDING") await tellSubmitted(call, issue, review);
  return ok(shapeReview(world, repository, issue, review));
}

/** One webhook for the review, and one for each of its comments, as GitHub sends them. */
async function tellSubmitted(call: RepositoryCall, issue: PullIssue, review: Review) {
  emitReview(call.world, call.repository, issue, review, "submitted", review.author);
  for (const comment of issue.pull.reviewComments.filter((one) => one.reviewId === review.id)) {
    emitReviewComment(call.world, call.repository, issue, comment, "created", review.author);
  }
}

async function submit(call: RepositoryCall) {
  const issue = pullOf(call);
  const review = reviewOf(call, issue);
  if (review.state !== "PENDING") throw unprocessable("Can not submit a review that is not pending");
  const state = stateOf(call, issue);
  if (state === "PENDING") throw unprocessable("Unprocessable Entity");
  review.state = state;
  review.submittedAt = call.world.now();
  review.body = optionalText(call.body, "body") ?? review.body;
  await tellSubmitted(call, issue, review);
  return ok(shapeReview(call.world, call.repository, issue, review));
}

function dismiss(call: RepositoryCall) {
  const issue = pullOf(call);
  const review = reviewOf(call, issue);
  text(call.body, "message");
  const sender = callerOf(call);
  if (call.actor.kind === "person" && !hasRole(call.repository, sender, "write")) throw notFound();
  if (review.state !== "APPROVED" && review.state !== "CHANGES_REQUESTED")
    throw unprocessable("Can not dismiss a commented pull request review");
  review.state = "DISMISSED";
  emitReview(call.world, call.repository, issue, review, "dismissed", sender);
  return ok(shapeReview(call.world, call.repository, issue, review));
}

const read = { needs: "pull_requests:read", role: "anyone" } as const;
const write = { needs: "pull_requests:write", role: "anyone" } as const;

export const reviewRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/pulls/:number/reviews": {
    ...read,
    run: (call) => {
      const issue = pullOf(call);
      return page(call, issue.pull.reviews, (one) => shapeReview(call.world, call.repository, issue, one));
    },
  },
  "POST /repos/:owner/:repo/pulls/:number/reviews": { ...write, run: createReview },
  "GET /repos/:owner/:repo/pulls/:number/reviews/:review": {
    ...read,
    run: (call) => {
      const issue = pullOf(call);
      return ok(shapeReview(call.world, call.repository, issue, reviewOf(call, issue)));
    },
  },
  "GET /repos/:owner/:repo/pulls/:number/reviews/:review/comments": {
    ...read,
    run: (call) => {
      const issue = pullOf(call);
      const review = reviewOf(call, issue);
      const comments = issue.pull.reviewComments.filter((one) => one.reviewId === review.id);
      return page(call, comments, (one) => shapeReviewComment(call.world, call.repository, issue, one));
    },
  },
  "POST /repos/:owner/:repo/pulls/:number/reviews/:review/events": { ...write, run: submit },
  "PUT /repos/:owner/:repo/pulls/:number/reviews/:review/dismissals": { ...write, run: dismiss },
};
