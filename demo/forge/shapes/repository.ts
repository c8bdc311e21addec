import { roleOf } from "../permissions.ts";
import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import type { World } from "../world.ts";
import { iso, nodeId, repositoryApi, repositoryHtml, shapeAccount } from "./basics.ts";

const LINKS: [string, string][] = [
  ["archive_url", "/{archive_format}{/ref}"],
  ["assignees_url", "/assignees{/user}"],
  ["blobs_url", "/git/blobs{/sha}"],
  ["branches_url", "/branches{/branch}"],
  ["collaborators_url", "/collaborators{/collaborator}"],
  ["comments_url", "/comments{/number}"],
  ["commits_url", "/commits{/sha}"],
  ["compare_url", "/compare/{base}...{head}"],
  ["contents_url", "/contents/{+path}"],
  ["contributors_url", "/contributors"],
  ["deployments_url", "/deployments"],
  ["downloads_url", "/downloads"],
  ["events_url", "/events"],
  ["forks_url", "/forks"],
  ["git_commits_url", "/git/commits{/sha}"],
  ["git_refs_url", "/git/refs{/sha}"],
  ["git_tags_url", "/git/tags{/sha}"],
  ["hooks_url", "/hooks"],
  ["issue_comment_url", "/issues/comments{/number}"],
  ["issue_events_url", "/issues/events{/number}"],
  ["issues_url", "/issues{/number}"],
  ["keys_url", "/keys{/key_id}"],
  ["labels_url", "/labels{/name}"],
  ["languages_url", "/languages"],
  ["merges_url", "/merges"],
  ["milestones_url", "/milestones{/number}"],
  ["notifications_url", "/notifications{?since,all,participating}"],
  ["pulls_url", "/pulls{/number}"],
  ["releases_url", "/releases{/id}"],
  ["stargazers_url", "/stargazers"],
  ["statuses_url", "/statuses/{sha}"],
  ["subscribers_url", "/subscribers"],
  ["subscription_url", "/subscription"],
  ["tags_url", "/tags"],
  ["teams_url", "/teams"],
  ["trees_url", "/git/trees{/sha}"],
];

/** The short form that lists and suites carry. */
export function shapeMinimalRepository(world: World, repository: Repository) {
  const url = repositoryApi(world, repository);
  return {
    id: repository.id,
    node_id: nodeId("R", repository.id),
    name: repository.name,
    full_name: `${repository.owner.login}/${repository.name}`,
    private: repository.private,
    owner: shapeAccount(world, repository.owner),
    html_url: repositoryHtml(world, repository),
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(LINKS.map(([name, path]) => [name, `${url}${path}`])),
  };
}

export function shapeRepository(world: World, repository: Repository) {
  const html = repositoryHtml(world, repository);
  const open = [...repository.issues.values()].filter(
    (issue) => issue.state === "open" && !issue.deleted,
  ).length;
  return {
    ...shapeMinimalRepository(world, repository),
    git_url: `${html.replace(/^https?/, "git")}.git`,
    ssh_url: `git@${new URL(world.url).hostname}:${repository.owner.login}/${repository.name}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: repository.archived,
    disabled: false,
    visibility: repository.private ? "private" : "public",
    pushed_at: iso(repository.pushedAt),
    created_at: iso(repository.createdAt),
    updated_at: iso(repository.updatedAt),
    license: null,
    allow_forking: true,
    web_commit_signoff_required: false,
  };
}

/** The answer of `GET /repos/{owner}/{repo}`. `reader` is null for anonymous callers, who see no permissions. */
export function shapeFullRepository(world: World, repository: Repository, reader: Account | null) {
  const role = reader === null ? null : roleOf(repository, reader);
  const at = ["read", "triage", "write", "maintain", "admin"].indexOf(role ?? "read");
  return {
    ...shapeRepository(world, repository),
    ...(reader === null
      ? {}
      : { permissions: { admin: at >= 4, maintain: at >= 3, push: at >= 2, triage: at >= 1, pull: true } }),
    temp_clone_token: null,
    allow_squash_merge: true,
    allow_merge_commit: true,
    allow_rebase_merge: true,
    allow_auto_merge: false,
    delete_branch_on_merge: false,
    network_count: 0,
    subscribers_count: 0,
  };
}
