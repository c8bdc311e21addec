import type { Comment, Issue, Label } from "../records/issue.ts";
import type { Repository } from "../records/repository.ts";
import type { World } from "../world.ts";
import { shapeOurApp } from "./app.ts";
import { iso, isoOrNull, nodeId, repositoryApi, repositoryHtml, shapeAccount } from "./basics.ts";
import { associationOf, shapeReactionTotals } from "./reactions.ts";

export function shapeLabel(world: World, repository: Repository, label: Label) {
  return {
    id: label.id,
    node_id: nodeId("LA", label.id),
    url: `${repositoryApi(world, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: label.default,
    description: label.description,
  };
}

/** An issue, or the issue side of a pull request. */
export function shapeIssue(world: World, repository: Repository, issue: Issue) {
  const api = repositoryApi(world, repository);
  const url = `${api}/issues/${issue.number}`;
  const html = `${repositoryHtml(world, repository)}/${issue.pull === null ? "issues" : "pull"}/${issue.number}`;
  return {
    url,
    repository_url: api,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    html_url: html,
    id: issue.id,
    node_id: issue.pull === null ? nodeId("I", issue.id) : nodeId("PR", issue.pull.id),
    number: issue.number,
    title: issue.title,
    user: shapeAccount(world, issue.author),
    labels: issue.labels.map((label) => shapeLabel(world, repository, label)),
    state: issue.state,
    state_reason: issue.stateReason,
    locked: issue.locked,
    active_lock_reason: null,
    assignee: issue.assignees[0] === undefined ? null : shapeAccount(world, issue.assignees[0]),
    assignees: issue.assignees.map((account) => shapeAccount(world, account)),
    milestone: null,
    comments: issue.comments.length,
    created_at: iso(issue.createdAt),
    updated_at: iso(issue.updatedAt),
    closed_at: isoOrNull(issue.closedAt),
    author_association: associationOf(repository, issue.author),
    body: issue.body,
    reactions: shapeReactionTotals(url, issue.reactions),
    performed_via_github_app: issue.viaApp ? shapeOurApp(world) : null,
    ...(issue.pull === null
      ? {}
      : {
          draft: issue.pull.draft,
          pull_request: {
            url: `${api}/pulls/${issue.number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: isoOrNull(issue.pull.mergedAt),
          },
        }),
  };
}

export function shapeComment(world: World, repository: Repository, issue: Issue, comment: Comment) {
  const api = repositoryApi(world, repository);
  const url = `${api}/issues/comments/${comment.id}`;
  const page = `${repositoryHtml(world, repository)}/${issue.pull === null ? "issues" : "pull"}/${issue.number}`;
  return {
    url,
    html_url: `${page}#issuecomment-${comment.id}`,
    issue_url: `${api}/issues/${issue.number}`,
    id: comment.id,
    node_id: nodeId("IC", comment.id),
    user: shapeAccount(world, comment.author),
    created_at: iso(comment.createdAt),
    updated_at: iso(comment.updatedAt),
    author_association: associationOf(repository, comment.author),
    body: comment.body,
    reactions: shapeReactionTotals(url, comment.reactions),
    performed_via_github_app: comment.viaApp ? shapeOurApp(world) : null,
  };
}
