import { commitByApi, refusalOf, type Stage } from "../../forge/support/forge.ts";

/** Pull requests from draft to merge, and their reviews. */
export async function tellOfPulls(stage: Stage): Promise<void> {
  const { repo, forge } = stage;
  const { pulls, repos } = stage.octokit.rest;
  const opened = await pulls.create({
    ...repo,
    head: "agent/issue-1",
    base: "main",
    title: "Mend",
    body: "Fixes #1",
    draft: true,
  });
  const at = { ...repo, pull_number: opened.data.number };
  await refusalOf(pulls.create({ ...repo, head: "agent/issue-1", base: "main", title: "Twin" }));
  await pulls.get(at);
  await pulls.list({ ...repo, state: "all" });
  await pulls.update({ ...at, title: "Mend it", body: "Closes #1" });
  await forge.as("robin").label("acme", "lib", at.pull_number, "agent-fix");
  await forge.as("robin").unlabel("acme", "lib", at.pull_number, "agent-fix");
  await forge.as("ada").comment("acme", "lib", at.pull_number, "/agent status");
  await stage.octokit.rest.issues.get({ ...repo, issue_number: at.pull_number });
  await pulls.listFiles(at);
  await pulls.listCommits(at);
  await repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: opened.data.head.sha });
  await forge.as("robin").push("acme", "lib", "agent/issue-1", { "more.txt": "more\n" });
  await refusalOf(pulls.updateBranch({ ...at, expected_head_sha: "1".repeat(40) }));
  await pulls.updateBranch(at);
  await forge.as("robin").readyForReview("acme", "lib", at.pull_number);
  await forge.as("robin").convertToDraft("acme", "lib", at.pull_number);
  await forge.as("robin").readyForReview("acme", "lib", at.pull_number);
  await pulls.requestReviewers({ ...at, reviewers: ["ada", "robin"] });
  await pulls.listRequestedReviewers(at);
  await pulls.removeRequestedReviewers({ ...at, reviewers: ["robin"] });
  await reviews(stage, at);

  await forge.as("robin").closePull("acme", "lib", at.pull_number);
  await forge.as("robin").reopenPull("acme", "lib", at.pull_number);
  await refusalOf(pulls.checkIfMerged(at));
  await refusalOf(pulls.merge({ ...at, sha: "1".repeat(40) }));
  await pulls.merge({ ...at, merge_method: "squash" });
  await pulls.checkIfMerged(at);
  await pulls.get(at);
  await refusalOf(pulls.merge(at));
  await refusalOf(pulls.get({ ...repo, pull_number: 999 }));
}

async function reviews(
  stage: Stage,
  at: { owner: string; repo: string; pull_number: number },
): Promise<void> {
  const { pulls, reactions } = stage.octokit.rest;
  const { owner, repo } = at;
  const comments = [{ path: "a.txt", line: 2, body: "/agent another word" }];
  const review_id = await stage.forge
    .as("ada")
    .review("acme", "lib", at.pull_number, { event: "REQUEST_CHANGES", body: "Not yet", comments });
  await pulls.listReviews(at);
  await pulls.getReview({ ...at, review_id });
  const { data } = await pulls.listCommentsForReview({ ...at, review_id });
  const comment_id = data[0]?.id ?? 0;
  await pulls.createReplyForReviewComment({ ...at, comment_id, body: "Done" });
  await pulls.getReviewComment({ owner, repo, comment_id });
  await pulls.listReviewComments(at);
  await pulls.listReviewCommentsForRepo({ owner, repo });
  const commit_id = (await pulls.get(at)).data.head.sha;
  const own = await pulls.createReviewComment({ ...at, path: "a.txt", line: 2, body: "Here", commit_id });
  await pulls.updateReviewComment({ owner, repo, comment_id: own.data.id, body: "There" });
  const reaction = await reactions.createForPullRequestReviewComment({
    owner,
    repo,
    comment_id,
    content: "+1",
  });
  await reactions.listForPullRequestReviewComment({ owner, repo, comment_id });
  await reactions.deleteForPullRequestComment({ owner, repo, comment_id, reaction_id: reaction.data.id });
  await pulls.deleteReviewComment({ owner, repo, comment_id: own.data.id });
  const pending = await pulls.createReview({ ...at, body: "Thinking" });
  await pulls.submitReview({ ...at, review_id: pending.data.id, event: "COMMENT", body: "Thought" });
  await pulls.dismissReview({ ...at, review_id, message: "Mended" });
  await stage.forge.as("ada").review("acme", "lib", at.pull_number, { event: "APPROVE" });
  await refusalOf(pulls.createReview({ ...at, event: "APPROVE" }));
  await commitByApi(stage, "unrelated", { "z.txt": "z\n" });
}
