import { created, noContent, ok, param, type RepositoryCall } from "../call.ts";
import { texts } from "../fields.ts";
import { readCommits } from "../git/commits.ts";
import { page } from "../paging.ts";
import { hasRole } from "../permissions.ts";
import { notFound, unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { shapeAccount } from "../shapes/basics.ts";
import { shapeCommit, shapeFile } from "../shapes/commit.ts";
import { isPull, shapePullSimple, viewPull } from "../shapes/pull.ts";
import { findAccount } from "../state.ts";
import { emitPull } from "../verbs/pull.ts";
import { callerOf } from "./issues.ts";
import { pullOf } from "./pulls.ts";

async function files(call: RepositoryCall) {
  const issue = pullOf(call);
  const view = await viewPull(call.repository, issue);
  return page(call, view.files.slice(0, 3_000), (file) =>
    shapeFile(call.world, call.repository, issue.pull.headSha, file),
  );
}

async function commits(call: RepositoryCall) {
  const view = await viewPull(call.repository, pullOf(call));
  const oldestFirst = [...view.commits].reverse().slice(0, 250);
  const read = await readCommits(call.repository.gitDir, oldestFirst);
  return page(call, read, (commit) => shapeCommit(call.world, call.repository, commit));
}

const NOT_A_COLLABORATOR =
  "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.";

async function requestReviewers(call: RepositoryCall) {
  const { world, repository } = call;
  const issue = pullOf(call);
  for (const login of texts(call.body, "reviewers") ?? []) {
    const account = findAccount(world.state, login);
    if (account === null || !hasRole(repository, account, "read")) throw unprocessable(NOT_A_COLLABORATOR);
    if (account === issue.author) throw unprocessable("Review cannot be requested from pull request author.");
    if (issue.pull.requestedReviewers.includes(account)) continue;
    issue.pull.requestedReviewers.push(account);
    const extra = { requested_reviewer: shapeAccount(world, account) };
    await emitPull(world, repository, issue, "review_requested", callerOf(call), extra);
  }
  return created(shapePullSimple(world, repository, issue));
}

async function dropReviewers(call: RepositoryCall) {
  const { world, repository } = call;
  const issue = pullOf(call);
  const logins = (texts(call.body, "reviewers") ?? []).map((login) => login.toLowerCase());
  for (const account of issue.pull.requestedReviewers.filter((one) =>
    logins.includes(one.login.toLowerCase()),
  )) {
    issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter((one) => one !== account);
    const extra = { requested_reviewer: shapeAccount(world, account) };
    await emitPull(world, repository, issue, "review_request_removed", callerOf(call), extra);
  }
  return ok(shapePullSimple(world, repository, issue));
}

/** Pull requests that contain a commit: those whose own commits it is one of. */
async function pullsOfCommit(call: RepositoryCall) {
  const sha = param(call, "ref");
  const found = [];
  for (const issue of [...call.repository.issues.values()].filter(isPull)) {
    const { commits: shas } = await viewPull(call.repository, issue);
    if (shas.includes(sha) || issue.pull.mergeCommitSha === sha) found.push(issue);
  }
  return page(call, found, (issue) => shapePullSimple(call.world, call.repository, issue));
}

function isMerged(call: RepositoryCall) {
  if (pullOf(call).pull.mergedAt === null) throw notFound();
  return noContent();
}

const read = { needs: "pull_requests:read", role: "anyone" } as const;
const write = { needs: "pull_requests:write", role: "write" } as const;

export const pullPartRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/pulls/:number/files": { ...read, run: files },
  "GET /repos/:owner/:repo/pulls/:number/commits": { ...read, run: commits },
  "GET /repos/:owner/:repo/pulls/:number/merge": { ...read, run: isMerged },
  "GET /repos/:owner/:repo/pulls/:number/requested_reviewers": {
    ...read,
    run: (call) =>
      ok({
        users: pullOf(call).pull.requestedReviewers.map((one) => shapeAccount(call.world, one)),
        teams: [],
      }),
  },
  "POST /repos/:owner/:repo/pulls/:number/requested_reviewers": { ...write, run: requestReviewers },
  "DELETE /repos/:owner/:repo/pulls/:number/requested_reviewers": { ...write, run: dropReviewers },
  "GET /repos/:owner/:repo/commits/:ref/pulls": { ...read, run: pullsOfCommit },
};
