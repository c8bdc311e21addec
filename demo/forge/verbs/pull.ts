import { isAncestor } from "../git/history.ts";
import { setRef } from "../git/refs.ts";
import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import { isPull, type PullIssue, shapePull } from "../shapes/pull.ts";
import type { World } from "../world.ts";

/** Sends a `pull_request` webhook and wakes the workflows that listen to this action. */
export async function emitPull(
  world: World,
  repository: Repository,
  issue: PullIssue,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): Promise<void> {
  const pull_request = await shapePull(world, repository, issue, action === "opened");
  const payload = { number: issue.number, pull_request, ...extra };
  world.emit({ event: "pull_request", action, repository, sender, payload });
  await world.workflows.onPull(repository, issue.number, action, sender);
}

/** A push to a branch moves the heads of its open pull requests. */
export async function followHead(
  world: World,
  repository: Repository,
  branch: string,
  after: string | null,
  sender: Account,
): Promise<void> {
  for (const issue of openPulls(repository)) {
    const { pull } = issue;
    if (pull.headRef !== branch) continue;
    if (after === null) {
      await closePull(world, repository, issue, sender);
      continue;
    }
    const before = pull.headSha;
    if (before === after) continue;
    pull.headSha = after;
    issue.updatedAt = world.now();
    await setRef(repository.gitDir, `refs/pull/${issue.number}/head`, after);
    await emitPull(world, repository, issue, "synchronize", sender, { before, after });
  }
}

/** A push to a base branch that contains a pull request's head merges it, as GitHub does when someone merges by hand. */
export async function followBase(
  world: World,
  repository: Repository,
  branch: string,
  after: string,
  sender: Account,
): Promise<void> {
  for (const issue of openPulls(repository)) {
    const { pull } = issue;
    if (pull.baseRef !== branch || pull.headSha === pull.baseSha) continue;
    if (await isAncestor(repository.gitDir, pull.headSha, after)) {
      await closePull(world, repository, issue, sender, { mergeCommitSha: after });
    }
  }
}

/** Closes a pull request, merged or not. */
export async function closePull(
  world: World,
  repository: Repository,
  issue: PullIssue,
  sender: Account,
  merged?: { mergeCommitSha: string },
): Promise<void> {
  const at = world.now();
  issue.state = "closed";
  issue.closedAt = at;
  issue.closedBy = sender;
  issue.updatedAt = at;
  if (merged !== undefined) {
    issue.pull.mergedAt = at;
    issue.pull.mergedBy = sender;
    issue.pull.mergeCommitSha = merged.mergeCommitSha;
  }
  await emitPull(world, repository, issue, "closed", sender);
}

export async function setDraft(
  world: World,
  repository: Repository,
  issue: PullIssue,
  draft: boolean,
  sender: Account,
): Promise<void> {
  if (issue.pull.draft === draft) return;
  issue.pull.draft = draft;
  issue.updatedAt = world.now();
  await emitPull(world, repository, issue, draft ? "converted_to_draft" : "ready_for_review", sender);
}

export const openPulls = (repository: Repository): PullIssue[] =>
  [...repository.issues.values()].filter(isPull).filter((issue) => issue.state === "open");
