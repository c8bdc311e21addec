import { ok, type RepositoryCall } from "../call.ts";
import { optionalText } from "../fields.ts";
import { writeCommit } from "../git/commits.ts";
import { moveRef, readRef } from "../git/refs.ts";
import { conflict, Refusal } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { emailOf } from "../shapes/commit.ts";
import { type PullIssue, viewPull } from "../shapes/pull.ts";
import { emitIssue } from "../verbs/issue.ts";
import { closePull } from "../verbs/pull.ts";
import { refChanged } from "../verbs/ref.ts";
import { callerOf } from "./issues.ts";
import { pullOf } from "./pulls.ts";

const notMergeable = (message: string) => new Refusal(405, { message });

async function mergePull(call: RepositoryCall) {
  const { world, repository } = call;
  const issue = pullOf(call);
  return world.exclusive(repository, async () => {
    const { pull } = issue;
    if (issue.state === "closed") throw notMergeable("Pull Request is not mergeable");
    if (pull.draft) throw notMergeable("Pull Request is still a draft");
    const wanted = optionalText(call.body, "sha");
    if (typeof wanted === "string" && wanted !== pull.headSha) {
      throw conflict("Head branch was modified. Review and try the merge again.");
    }
    const base = await readRef(repository.gitDir, `refs/heads/${pull.baseRef}`);
    if (base === null) throw notMergeable("Pull Request is not mergeable");
    const sha = await writeMerge(call, issue, base.sha);
    const ref = `refs/heads/${pull.baseRef}`;
    if (!(await moveRef(repository.gitDir, ref, sha, base.sha))) {
      throw conflict("Base branch was modified. Review and try the merge again.");
    }
    pull.baseSha = base.sha;
    await closePull(world, repository, issue, callerOf(call), { mergeCommitSha: sha });
    closeLinkedIssues(call, issue);
    await refChanged(world, repository, callerOf(call), { ref, before: base.sha, after: sha });
    return ok({ sha, merged: true, message: "Pull Request successfully merged" });
  });
}

/** The commit of the merge: with two parents, or one for a squash. Rebasing is not offered. */
async function writeMerge(call: RepositoryCall, issue: PullIssue, base: string): Promise<string> {
  const { world, repository, body } = call;
  const { pull } = issue;
  const method = optionalText(body, "merge_method") ?? "merge";
  if (method !== "merge" && method !== "squash")
    throw notMergeable("Rebase merges are not allowed on this repository.");
  const view = await viewPull(repository, issue);
  if (view.mergedTree === null) throw notMergeable("Pull Request is not mergeable");
  const sender = callerOf(call);
  const title =
    method === "squash"
      ? `${issue.title} (#${issue.number})`
      : `Merge pull request #${issue.number} from ${repository.owner.login}/${pull.headRef}`;
  return writeCommit(repository.gitDir, {
    tree: view.mergedTree,
    parents: method === "merge" ? [base, pull.headSha] : [base],
    author: { name: sender.login, email: emailOf(sender), at: world.now() },
    committer: { name: "GitHub", email: "noreply@github.com", at: world.now() },
    message: `${optionalText(body, "commit_title") ?? title}\n\n${optionalText(body, "commit_message") ?? issue.title}\n`,
  });
}

/** `Fixes #12` in the body of a pull request closes issue 12 when it is merged into the default branch. */
function closeLinkedIssues(call: RepositoryCall, pull: PullIssue): void {
  const { world, repository } = call;
  if (pull.pull.baseRef !== repository.defaultBranch) return;
  const keyword = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#(\d+)/gi;
  for (const [, number] of (pull.body ?? "").matchAll(keyword)) {
    const issue = repository.issues.get(Number(number));
    if (issue === undefined || issue.pull !== null || issue.state === "closed") continue;
    issue.state = "closed";
    issue.stateReason = "completed";
    issue.closedAt = world.now();
    issue.closedBy = callerOf(call);
    issue.updatedAt = world.now();
    emitIssue(world, repository, issue, "closed", callerOf(call));
  }
}

export const mergeRoutes: RepositoryRoutes = {
  "PUT /repos/:owner/:repo/pulls/:number/merge": { needs: "contents:write", role: "write", run: mergePull },
};
