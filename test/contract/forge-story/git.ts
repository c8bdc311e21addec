import { commitByApi, refusalOf, type Stage } from "../../forge/support/forge.ts";

/** Objects, refs, contents, branches and their rules. */
export async function tellOfGit(stage: Stage): Promise<void> {
  const { repo, forge } = stage;
  const { git, repos } = stage.octokit.rest;
  const head = await commitByApi(stage, "agent/issue-1", {
    "a.txt": "one\nfixed\nthree\n",
    "new.txt": "new\n",
  });
  const blob = await git.createBlob({ ...repo, content: "hello\n" });
  await git.getBlob({ ...repo, file_sha: blob.data.sha });
  const commit = await git.getCommit({ ...repo, commit_sha: head });
  await git.getTree({ ...repo, tree_sha: commit.data.tree.sha, recursive: "1" });
  await git.getRef({ ...repo, ref: "heads/agent/issue-1" });
  await git.listMatchingRefs({ ...repo, ref: "heads/" });
  await git.createRef({ ...repo, ref: "refs/tags/v1", sha: head });
  await git.createRef({ ...repo, ref: "refs/heads/gone", sha: head });
  await git.updateRef({ ...repo, ref: "heads/gone", sha: head });
  await git.deleteRef({ ...repo, ref: "heads/gone" });
  await forge
    .as("robin")
    .push("acme", "lib", "main", { "docs/c.txt": "c\n", "docs/b.txt": null }, "docs: more");

  await repos.get(repo);
  await repos.listBranches(repo);
  await repos.getBranch({ ...repo, branch: "main" });
  await repos.getContent({ ...repo, path: "a.txt" });
  await repos.getContent({ ...repo, path: "docs" });
  await repos.listCommits({ ...repo, sha: "agent/issue-1" });
  await repos.getCommit({ ...repo, ref: "main" });
  await repos.compareCommitsWithBasehead({ ...repo, basehead: "main...agent/issue-1" });
  for (const username of ["acme", "ada", "robin", "eve"]) {
    await repos.getCollaboratorPermissionLevel({ ...repo, username });
  }
  await repos.checkCollaborator({ ...repo, username: "robin" });
  await rules(stage);

  await refusalOf(git.createRef({ ...repo, ref: "refs/heads/main", sha: head }));
  await refusalOf(git.updateRef({ ...repo, ref: "heads/main", sha: head }));
  await refusalOf(git.getRef({ ...repo, ref: "heads/none" }));
  await refusalOf(
    git.createTree({ ...repo, tree: [{ path: "../x", mode: "100644", type: "blob", content: "" }] }),
  );
  await refusalOf(repos.getContent({ ...repo, path: "none" }));
  await refusalOf(repos.getCommit({ ...repo, ref: "none" }));
  await refusalOf(repos.get({ owner: "acme", repo: "none" }));
}

async function rules({ octokit, octokitWith, forge, repo }: Stage): Promise<void> {
  await refusalOf(octokit.rest.repos.getBranchProtection({ ...repo, branch: "main" }));
  forge.settings.protect("acme", "lib", "release", { allow_deletions: { enabled: false } });
  const owner = octokitWith(forge.as("acme").token);
  await owner.rest.repos.getBranchProtection({ ...repo, branch: "release" });
  await refusalOf(owner.rest.repos.getBranchProtection({ ...repo, branch: "main" }));
  forge.settings.addRuleset("acme", "lib", { prefix: "signed/", rules: [{ type: "required_signatures" }] });
  await octokit.rest.repos.getBranchRules({ ...repo, branch: "signed/x" });
  await octokit.rest.repos.getRepoRulesets(repo);
}
