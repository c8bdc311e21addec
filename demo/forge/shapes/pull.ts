import { asFields } from "../fields.ts";
import { type MergeView, viewMerge } from "../git/merge-view.ts";
import { readRef } from "../git/refs.ts";
import type { Issue, Pull, Review, ReviewComment } from "../records/issue.ts";
import type { Repository } from "../records/repository.ts";
import type { World } from "../world.ts";
import { iso, isoOrNull, nodeId, repositoryApi, repositoryHtml, shapeAccount } from "./basics.ts";
import { shapeIssue } from "./issue.ts";
import { associationOf, shapeReactionTotals } from "./reactions.ts";
import { shapeRepository } from "./repository.ts";

/** An issue that is a pull request. */
export type PullIssue = Issue & { pull: Pull };

export const isPull = (issue: Issue): issue is PullIssue => issue.pull !== null;

const link = (href: string) => ({ href });

function side(world: World, repository: Repository, ref: string, sha: string) {
  const owner = repository.owner;
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: shapeAccount(world, owner),
    repo: shapeRepository(world, repository),
  };
}

/** The form in lists. */
export function shapePullSimple(world: World, repository: Repository, issue: PullIssue) {
  const { pull } = issue;
  const api = repositoryApi(world, repository);
  const url = `${api}/pulls/${issue.number}`;
  const html = `${repositoryHtml(world, repository)}/pull/${issue.number}`;
  const asIssue = shapeIssue(world, repository, issue);
  return {
    url,
    id: pull.id,
    node_id: nodeId("PR", pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: asIssue.url,
    number: issue.number,
    state: issue.state,
    locked: issue.locked,
    title: issue.title,
    user: asIssue.user,
    body: issue.body,
    created_at: asIssue.created_at,
    updated_at: asIssue.updated_at,
    closed_at: asIssue.closed_at,
    merged_at: isoOrNull(pull.mergedAt),
    merge_commit_sha: pull.mergeCommitSha,
    assignee: asIssue.assignee,
    assignees: asIssue.assignees,
    requested_reviewers: pull.requestedReviewers.map((account) => shapeAccount(world, account)),
    requested_teams: [],
    labels: asIssue.labels,
    milestone: null,
    draft: pull.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: asIssue.comments_url,
    statuses_url: `${api}/statuses/${pull.headSha}`,
    head: side(world, repository, pull.headRef, pull.headSha),
    base: side(world, repository, pull.baseRef, pull.baseSha),
    _links: {
      self: link(url),
      html: link(html),
      issue: link(asIssue.url),
      comments: link(asIssue.comments_url),
      review_comments: link(`${url}/comments`),
      review_comment: link(`${api}/pulls/comments{/number}`),
      commits: link(`${url}/commits`),
      statuses: link(`${api}/statuses/${pull.headSha}`),
    },
    author_association: asIssue.author_association,
    auto_merge: null,
    active_lock_reason: null,
  };
}

/** What git says of this pull request: against the tip of its base while it is open, against the kept base afterwards. */
export async function viewPull(repository: Repository, issue: PullIssue): Promise<MergeView> {
  return viewMerge(repository.gitDir, await baseTipOf(repository, issue), issue.pull.headSha);
}

async function baseTipOf(repository: Repository, { state, pull }: PullIssue): Promise<string> {
  const tip = state === "open" ? await readRef(repository.gitDir, `refs/heads/${pull.baseRef}`) : null;
  return tip?.sha ?? pull.baseSha;
}

/** Whether a branch takes only what contains its tip: "Require branches to be up to date before merging". */
function isStrict(repository: Repository, branch: string): boolean {
  const classic = asFields(repository.protection.get(branch)?.["required_status_checks"]);
  const rules = repository.rulesets
    .filter((ruleset) => branch.startsWith(ruleset.prefix))
    .flatMap((ruleset) => ruleset.rules);
  return (
    classic["strict"] === true ||
    rules.some((rule) => rule.parameters?.["strict_required_status_checks_policy"] === true)
  );
}

/** `behind`: GitHub's GraphQL docs, `MergeStateStatus`. A draft shows only that it is one, or that it conflicts. */
function mergeState(repository: Repository, pull: Pull, mergeable: boolean, behind: boolean): string {
  if (!mergeable) return "dirty";
  if (pull.draft) return "draft";
  if (behind && isStrict(repository, pull.baseRef)) return "behind";
  const runs = repository.checkRuns.filter((run) => run.headSha === pull.headSha);
  const bad = runs.some((run) => !["success", "neutral", "skipped"].includes(run.conclusion ?? "pending"));
  if (repository.protection.has(pull.baseRef) && (bad || runs.length === 0)) return "blocked";
  return bad ? "unstable" : "clean";
}

/** The full form. `fresh` is the answer to the creation: GitHub has not worked out yet whether it merges. */
export async function shapePull(world: World, repository: Repository, issue: PullIssue, fresh = false) {
  const { pull } = issue;
  const view = await viewPull(repository, issue);
  const mergeable = fresh || issue.state === "closed" ? null : view.mergedTree !== null;
  const behind = view.mergeBase !== (await baseTipOf(repository, issue));
  return {
    ...shapePullSimple(world, repository, issue),
    merged: pull.mergedAt !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? "unknown" : mergeState(repository, pull, mergeable, behind),
    merged_by: pull.mergedBy === null ? null : shapeAccount(world, pull.mergedBy),
    comments: issue.comments.length,
    review_comments: pull.reviewComments.length,
    maintainer_can_modify: false,
    commits: view.commits.length,
    additions: view.files.reduce((sum, file) => sum + file.additions, 0),
    deletions: view.files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: view.files.length,
  };
}

/** The tiny form inside check runs, check suites and workflow runs. */
function shapePullReference(world: World, repository: Repository, issue: PullIssue) {
  const repo = { id: repository.id, url: repositoryApi(world, repository), name: repository.name };
  return {
    url: `${repositoryApi(world, repository)}/pulls/${issue.number}`,
    id: issue.pull.id,
    number: issue.number,
    head: { ref: issue.pull.headRef, sha: issue.pull.headSha, repo },
    base: { ref: issue.pull.baseRef, sha: issue.pull.baseSha, repo },
  };
}

/** Open pull requests whose head is this commit, in the tiny form. */
export const pullReferences = (world: World, repository: Repository, headSha: string) =>
  [...repository.issues.values()]
    .filter(isPull)
    .filter((issue) => issue.state === "open" && issue.pull.headSha === headSha)
    .map((issue) => shapePullReference(world, repository, issue));

export function shapeReview(world: World, repository: Repository, issue: PullIssue, review: Review) {
  const html = `${repositoryHtml(world, repository)}/pull/${issue.number}#pullrequestreview-${review.id}`;
  const url = `${repositoryApi(world, repository)}/pulls/${issue.number}`;
  return {
    id: review.id,
    node_id: nodeId("PRR", review.id),
    user: shapeAccount(world, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    author_association: associationOf(repository, review.author),
    _links: { html: link(html), pull_request: link(url) },
    ...(review.submittedAt === null ? {} : { submitted_at: iso(review.submittedAt) }),
    commit_id: review.commitSha,
  };
}

export function shapeReviewComment(
  world: World,
  repository: Repository,
  issue: PullIssue,
  comment: ReviewComment,
) {
  const url = `${repositoryApi(world, repository)}/pulls/comments/${comment.id}`;
  const html = `${repositoryHtml(world, repository)}/pull/${issue.number}#discussion_r${comment.id}`;
  const pull = `${repositoryApi(world, repository)}/pulls/${issue.number}`;
  return {
    url,
    pull_request_review_id: comment.reviewId,
    id: comment.id,
    node_id: nodeId("PRRC", comment.id),
    diff_hunk: comment.diffHunk,
    path: comment.path,
    commit_id: issue.pull.headSha,
    original_commit_id: comment.commitSha,
    user: shapeAccount(world, comment.author),
    body: comment.body,
    created_at: iso(comment.createdAt),
    updated_at: iso(comment.updatedAt),
    html_url: html,
    pull_request_url: pull,
    author_association: associationOf(repository, comment.author),
    _links: { self: link(url), html: link(html), pull_request: link(pull) },
    reactions: shapeReactionTotals(url, comment.reactions),
    start_line: comment.startLine,
    original_start_line: comment.startLine,
    start_side: comment.startLine === null ? null : comment.side,
    line: comment.line,
    original_line: comment.line,
    side: comment.side,
    position: comment.line === null ? null : 1,
    original_position: comment.line === null ? null : 1,
    subject_type: comment.subject,
    ...(comment.inReplyTo === null ? {} : { in_reply_to_id: comment.inReplyTo }),
  };
}
