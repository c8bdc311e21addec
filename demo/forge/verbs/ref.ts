import { type Commit, readCommits } from "../git/commits.ts";
import { changedFiles } from "../git/diff.ts";
import { commitsBetween, isAncestor } from "../git/history.ts";
import { EMPTY_TREE, ZERO_SHA } from "../git/objects.ts";
import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import { iso, repositoryHtml } from "../shapes/basics.ts";
import { emailOf } from "../shapes/commit.ts";
import { shapeRepository } from "../shapes/repository.ts";
import { installationOf } from "../state.ts";
import type { World } from "../world.ts";
import { emitSuite, ensureSuite } from "./check.ts";
import { followBase, followHead } from "./pull.ts";

export type RefChange = { ref: string; before: string | null; after: string | null };

/** Everything that follows on GitHub when a branch or tag was made, moved or deleted. The ref itself has moved already. */
export async function refChanged(
  world: World,
  repository: Repository,
  sender: Account,
  change: RefChange,
): Promise<void> {
  const { ref, before, after } = change;
  const branch = ref.startsWith("refs/heads/") ? ref.slice("refs/heads/".length) : null;
  if (branch === null && !ref.startsWith("refs/tags/")) return;
  repository.pushedAt = world.now();
  const name = branch ?? ref.slice("refs/tags/".length);
  const kind = { ref: name, ref_type: branch === null ? "tag" : "branch", pusher_type: "user" };
  if (before === null) {
    const payload = { ...kind, master_branch: repository.defaultBranch, description: null };
    world.emit({ event: "create", action: null, repository, sender, payload });
  }
  if (after === null) world.emit({ event: "delete", action: null, repository, sender, payload: kind });
  world.emit({
    event: "push",
    action: null,
    repository,
    sender,
    payload: await pushPayload(world, repository, sender, change),
  });
  if (branch === null) return;
  await followHead(world, repository, branch, after, sender);
  if (after === null) return;
  await followBase(world, repository, branch, after, sender);
  await askForChecks(world, repository, branch, change, sender);
  await world.workflows.onPush(repository, branch, before ?? ZERO_SHA, after, sender);
}

/** GitHub opens a suite for every app that may write checks and asks it to fill it, at each push. */
async function askForChecks(
  world: World,
  repository: Repository,
  branch: string,
  change: RefChange,
  sender: Account,
) {
  if (change.after === null) return;
  if (installationOf(world.state, repository)?.permissions["checks"] !== "write") return;
  if (repository.checkSuites.some((suite) => suite.owner === "ours" && suite.headSha === change.after))
    return;
  const suite = ensureSuite(world, repository, {
    owner: "ours",
    headSha: change.after,
    headBranch: branch,
    before: change.before,
  });
  await emitSuite(world, repository, suite, "requested", sender);
}

const PUSH_COMMITS = 2_048;

async function pushPayload(world: World, repository: Repository, sender: Account, change: RefChange) {
  const { ref, before, after } = change;
  const { gitDir } = repository;
  const html = repositoryHtml(world, repository);
  // A new branch is told by what it has beyond the default branch.
  const base =
    before ??
    (ref === `refs/heads/${repository.defaultBranch}` ? null : `refs/heads/${repository.defaultBranch}`);
  const shas =
    after === null || ref.startsWith("refs/tags/")
      ? []
      : await commitsBetween(gitDir, base, after, PUSH_COMMITS);
  const commits = await Promise.all(
    (await readCommits(gitDir, shas.reverse())).map((commit) => pushedCommit(html, gitDir, commit)),
  );
  const [head] = after === null ? [] : await readCommits(gitDir, [`${after}^{commit}`]);
  const forced = before !== null && after !== null && !(await isAncestor(gitDir, before, after));
  return {
    ref,
    before: before ?? ZERO_SHA,
    after: after ?? ZERO_SHA,
    created: before === null,
    deleted: after === null,
    forced,
    base_ref: null,
    compare: `${html}/compare/${(before ?? ZERO_SHA).slice(0, 12)}...${(after ?? ZERO_SHA).slice(0, 12)}`,
    commits,
    head_commit:
      head === undefined || after === null
        ? null
        : await pushedCommit(html, gitDir, { ...head, sha: commits.at(-1)?.id ?? after }),
    pusher: { name: sender.login, email: emailOf(sender) },
    repository: pushRepository(world, repository),
  };
}

/** In push events the repository has its times as seconds, and a few names of old. */
function pushRepository(world: World, repository: Repository) {
  const shaped = shapeRepository(world, repository);
  return {
    ...shaped,
    owner: { ...shaped.owner, name: repository.owner.login, email: null },
    created_at: Math.floor(repository.createdAt.getTime() / 1000),
    pushed_at: Math.floor(repository.pushedAt.getTime() / 1000),
    stargazers: 0,
    master_branch: repository.defaultBranch,
  };
}

async function pushedCommit(html: string, gitDir: string, commit: Commit) {
  const files = await changedFiles(gitDir, commit.parents[0] ?? EMPTY_TREE, commit.tree);
  const named = (...wanted: string[]) =>
    files.filter((file) => wanted.includes(file.status)).map((file) => file.path);
  const moved = files.flatMap((file) => file.previousPath ?? []);
  return {
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message.replace(/\n+$/, ""),
    timestamp: iso(commit.committer.at),
    url: `${html}/commit/${commit.sha}`,
    author: { name: commit.author.name, email: commit.author.email, date: iso(commit.author.at) },
    committer: { name: commit.committer.name, email: commit.committer.email, date: iso(commit.committer.at) },
    added: named("added", "renamed", "copied"),
    removed: [...named("removed"), ...moved],
    modified: named("modified", "changed"),
  };
}
