import { writeCommit } from "../git/commits.ts";
import { readRef, setRef } from "../git/refs.ts";
import type { Repository } from "../records/repository.ts";
import { emailOf } from "../shapes/commit.ts";
import { type PullIssue, viewPull } from "../shapes/pull.ts";
import type { World } from "../world.ts";

/**
 * The commit that merging the pull request would make, under `refs/pull/N/merge`: what GitHub checks out for `pull_request`
 * workflows. Null when the two conflict; such a pull request gets no workflow runs at all.
 */
export async function writeTestMerge(
  world: World,
  repository: Repository,
  issue: PullIssue,
): Promise<string | null> {
  const { gitDir } = repository;
  const base = await readRef(gitDir, `refs/heads/${issue.pull.baseRef}`);
  const view = await viewPull(repository, issue);
  if (!base || view.mergedTree === null) return null;
  const sha = await writeCommit(gitDir, {
    tree: view.mergedTree,
    parents: [base.sha, issue.pull.headSha],
    author: { name: issue.author.login, email: emailOf(issue.author), at: world.now() },
    committer: { name: "GitHub", email: "noreply@github.com", at: world.now() },
    message: `Merge ${issue.pull.headSha} into ${base.sha}\n`,
  });
  await setRef(gitDir, `refs/pull/${issue.number}/merge`, sha);
  return sha;
}
