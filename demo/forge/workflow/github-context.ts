import type { Commit } from "../git/commits.ts";
import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import { iso, shapeAccount } from "../shapes/basics.ts";
import { type PullIssue, shapePull } from "../shapes/pull.ts";
import { shapeRepository } from "../shapes/repository.ts";
import type { World } from "../world.ts";

/** The `github` context of expressions, and the source of the `GITHUB_…` variables. */
export type GithubContext = Record<string, unknown>;

function common(
  world: World,
  repository: Repository,
  actor: Account,
  event: Record<string, unknown>,
): GithubContext {
  return {
    actor: actor.login,
    triggering_actor: actor.login,
    repository: `${repository.owner.login}/${repository.name}`,
    repository_owner: repository.owner.login,
    server_url: world.url,
    api_url: world.api,
    // Workflows of the forge get no token: nothing in them may write.
    token: "",
    event: { ...event, repository: shapeRepository(world, repository), sender: shapeAccount(world, actor) },
  };
}

export function pushContext(
  world: World,
  repository: Repository,
  push: { branch: string; before: string; commit: Commit; actor: Account },
): GithubContext {
  const { branch, before, commit, actor } = push;
  const ref = `refs/heads/${branch}`;
  const head_commit = { id: commit.sha, message: commit.message, timestamp: iso(commit.committer.at) };
  return {
    ...common(world, repository, actor, { ref, before, after: commit.sha, head_commit }),
    event_name: "push",
    sha: commit.sha,
    ref,
    ref_name: branch,
    ref_type: "branch",
    head_ref: "",
    base_ref: "",
  };
}

export async function pullContext(
  world: World,
  repository: Repository,
  wanted: { issue: PullIssue; action: string; mergeSha: string; actor: Account },
): Promise<GithubContext> {
  const { issue, action, mergeSha, actor } = wanted;
  const pull_request = await shapePull(world, repository, issue);
  return {
    ...common(world, repository, actor, { action, number: issue.number, pull_request }),
    event_name: "pull_request",
    sha: mergeSha,
    ref: `refs/pull/${issue.number}/merge`,
    ref_name: `${issue.number}/merge`,
    ref_type: "branch",
    head_ref: issue.pull.headRef,
    base_ref: issue.pull.baseRef,
  };
}
