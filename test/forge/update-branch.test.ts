import { afterEach, beforeEach, expect, it } from "vitest";
import { commitByApi, refusalOf, type Stage, setStage } from "./support/forge.ts";

let stage: Stage;
let number: number;
let head: string;
const pulls = () => stage.octokit.rest.pulls;
const at = () => ({ ...stage.repo, pull_number: number });
const push = (files: Record<string, string>) => stage.forge.as("robin").push("acme", "lib", "main", files);

beforeEach(async () => {
  stage = await setStage({ files: { "a.txt": "one\n", ".github/workflows/ci.yml": "name: CI\n" } });
  head = await commitByApi(stage, "agent/issue-1", { "b.txt": "ours\n" });
  const opened = { head: "agent/issue-1", base: "main", title: "Mend it", draft: true };
  number = (await pulls().create({ ...stage.repo, ...opened })).data.number;
});
afterEach(() => stage.stop());

it("merges the tip of the base into the branch, signed, workflow files of the base included", async () => {
  const tip = await push({ "a.txt": "two\n", ".github/workflows/ci.yml": "name: Other\n" });
  const answer = await pulls().updateBranch({ ...at(), expected_head_sha: head });
  const sha = (await pulls().get(at())).data.head.sha;
  const { data } = await stage.octokit.rest.git.getCommit({ ...stage.repo, commit_sha: sha });
  expect([
    answer.status,
    data.parents.map((parent) => parent.sha),
    data.message,
    data.verification.verified,
  ]).toEqual([202, [head, tip], "Merge branch 'main' into agent/issue-1", true]);
});

it("refuses another head than the expected one, a conflict, and a branch that has everything", async () => {
  const refusals = [
    (await refusalOf(pulls().updateBranch(at()))).status,
    (await refusalOf(pulls().updateBranch({ ...at(), expected_head_sha: "1".repeat(40) }))).status,
  ];
  await push({ "b.txt": "theirs\n" });
  refusals.push((await refusalOf(pulls().updateBranch(at()))).status);
  expect(refusals).toEqual([422, 422, 422]);
  const { data } = await pulls().get(at());
  expect([data.head.sha, data.mergeable, data.mergeable_state]).toEqual([head, false, "dirty"]);
});

it("lets an app move its branch to a merge that brings workflow files of the base, and to no other", async () => {
  const tip = await push({ ".github/workflows/ci.yml": "name: Other\n" });
  const { git } = stage.octokit.rest;
  const parents = [head, tip];
  const tree = (await git.getCommit({ ...stage.repo, commit_sha: tip })).data.tree.sha;
  const merge = await git.createCommit({ ...stage.repo, message: "Merge", tree, parents });
  const path = ".github/workflows/ci.yml";
  const entry = { path, mode: "100644", type: "blob", content: "name: Evil\n" } as const;
  const evil = await git.createTree({ ...stage.repo, base_tree: tree, tree: [entry] });
  const bad = await git.createCommit({ ...stage.repo, message: "Merge", tree: evil.data.sha, parents });
  const ref = "heads/agent/issue-1";
  expect((await refusalOf(git.updateRef({ ...stage.repo, ref, sha: bad.data.sha }))).status).toBe(403);
  expect((await git.updateRef({ ...stage.repo, ref, sha: merge.data.sha })).status).toBe(200);
});

it.each([
  ["a ruleset", () => ruleset()],
  ["classic protection", () => stage.forge.settings.protect("acme", "lib", "main", classic)],
] as const)(
  "is behind where %s wants branches up to date, which a draft does not show",
  async (_, protect) => {
    protect();
    await push({ "a.txt": "two\n" });
    const states = [(await pulls().get(at())).data.mergeable_state];
    await stage.forge.as("robin").readyForReview("acme", "lib", number);
    states.push((await pulls().get(at())).data.mergeable_state);
    expect(states).toEqual(["draft", "behind"]);
  },
);

const classic = { required_status_checks: { strict: true, contexts: [] } };
const ruleset = () =>
  stage.forge.settings.addRuleset("acme", "lib", {
    prefix: "main",
    rules: [{ type: "required_status_checks", parameters: { strict_required_status_checks_policy: true } }],
  });
