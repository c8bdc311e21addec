import { accepted, type RepositoryCall } from "../call.ts";
import { optionalText } from "../fields.ts";
import { commitText, type NewCommit, writeCommit } from "../git/commits.ts";
import { moveRef, readRef } from "../git/refs.ts";
import { unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { repositoryHtml } from "../shapes/basics.ts";
import { emailOf } from "../shapes/commit.ts";
import { type PullIssue, viewPull } from "../shapes/pull.ts";
import { signCommit } from "../signing.ts";
import { refChanged } from "../verbs/ref.ts";
import { callerOf } from "./issues.ts";
import { pullOf } from "./pulls.ts";

/** "Update branch": the tip of the base is merged into the head. GitHub answers first and does it a moment later. */
async function updateBranch(call: RepositoryCall) {
  const { world, repository } = call;
  const issue = pullOf(call);
  return world.exclusive(repository, async () => {
    const { pull } = issue;
    const expected = optionalText(call.body, "expected_head_sha");
    if (typeof expected === "string" && expected !== pull.headSha)
      throw unprocessable("expected head sha didn’t match current head ref.");
    const base = await readRef(repository.gitDir, `refs/heads/${pull.baseRef}`);
    const view = await viewPull(repository, issue);
    if (base === null || issue.state === "closed" || view.mergedTree === null)
      throw unprocessable("merge conflict between base and head");
    if (view.mergeBase === base.sha) throw unprocessable("There are no new commits on the base branch.");
    const before = pull.headSha;
    const after = await writeMerge(call, issue, { tree: view.mergedTree, base: base.sha });
    const ref = `refs/heads/${pull.headRef}`;
    if (!(await moveRef(repository.gitDir, ref, after, before)))
      throw unprocessable("expected head sha didn’t match current head ref.");
    await refChanged(world, repository, callerOf(call), { ref, before, after });
    const url = `${repositoryHtml(world, repository)}/pull/${issue.number}`;
    return accepted({ message: "Updating pull request branch.", url });
  });
}

/** In the name of whoever asked, committed and signed by GitHub, as everything that it merges itself. */
async function writeMerge(
  call: RepositoryCall,
  { pull }: PullIssue,
  merge: { tree: string; base: string },
): Promise<string> {
  const { world, repository } = call;
  const sender = callerOf(call);
  const at = world.now();
  const commit: NewCommit = {
    tree: merge.tree,
    parents: [pull.headSha, merge.base],
    author: { name: sender.login, email: emailOf(sender), at },
    committer: { name: "GitHub", email: "noreply@github.com", at },
    message: `Merge branch '${pull.baseRef}' into ${pull.headRef}`,
  };
  const payload = commitText(commit);
  const signature = signCommit(world, payload);
  const sha = await writeCommit(repository.gitDir, { ...commit, signature });
  repository.signed.set(sha, { payload, signature, at });
  return sha;
}

export const updateBranchRoutes: RepositoryRoutes = {
  "PUT /repos/:owner/:repo/pulls/:number/update-branch": {
    needs: "pull_requests:write",
    role: "write",
    run: updateBranch,
  },
};
