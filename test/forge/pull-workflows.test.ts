import { afterEach, describe, expect, it } from "vitest";
import { commitByApi, type Stage, setStage } from "./support/forge.ts";
import { endsOf } from "./support/workflow.ts";

let stage: Stage;
afterEach(() => stage.stop());

describe("workflows of pull requests", () => {
  const workflow = `on: {pull_request: {types: [opened, synchronize, ready_for_review]}}
jobs:
  quick: {runs-on: ubuntu-latest, steps: [{uses: actions/checkout@v5}, {run: "test $(cat base.txt) = new"}]}
  full: {if: github.event.pull_request.draft == false, runs-on: ubuntu-latest, steps: [{run: "true"}]}
`;
  const open = async () => {
    stage = await setStage({
      files: { "a.txt": "a\n", "base.txt": "old\n", ".github/workflows/pr.yml": workflow },
    });
    await commitByApi(stage, "work", { "a.txt": "b\n" });
    await stage.forge.as("robin").push("acme", "lib", "main", { "base.txt": "new\n" });
    const { data } = await stage.octokit.rest.pulls.create({
      ...stage.repo,
      head: "work",
      base: "main",
      title: "Work",
      draft: true,
    });
    await stage.forge.settled();
    return data;
  };

  it("test the merge with the base, report on the head, and run again when the draft is ready", async () => {
    const pull = await open();
    await stage.forge.as("robin").readyForReview("acme", "lib", pull.number);
    await stage.forge.settled();
    const runs = stage.forge
      .inspect("acme", "lib")
      .workflowRuns.filter((run) => run.event === "pull_request");
    expect(runs.map((run) => [run.headSha, endsOf(run)])).toEqual([
      [pull.head.sha, { quick: "success", full: "skipped" }],
      [pull.head.sha, { quick: "success", full: "success" }],
    ]);
  });

  it("do not run for a pull request that conflicts with its base", async () => {
    const pull = await open();
    await stage.forge.as("robin").push("acme", "lib", "main", { "a.txt": "clash\n" });
    await stage.forge.as("robin").push("acme", "lib", "work", { "c.txt": "c\n" });
    await stage.forge.settled();
    const head = stage.forge.inspect("acme", "lib").pulls[0]?.headSha;
    expect(head).not.toBe(pull.head.sha);
    expect(stage.forge.inspect("acme", "lib").workflowRuns.filter((run) => run.headSha === head)).toEqual([]);
  });

  it("do not run for a commit that says [skip ci]", async () => {
    await open();
    const sha = await stage.forge
      .as("robin")
      .push("acme", "lib", "work", { "c.txt": "c\n" }, "docs [skip ci]");
    await stage.forge.settled();
    expect(stage.forge.inspect("acme", "lib").workflowRuns.filter((run) => run.headSha === sha)).toEqual([]);
  });
});
