import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, FILES, type Stage, setStage, WORKFLOW } from "./support/forge.ts";

describe("the whole main job against the forge", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage({ files: { ...FILES, ".github/workflows/ci.yml": WORKFLOW } });
  });
  afterAll(() => stage.stop());

  it("goes from a labelled issue to a green pull request that is ready for review", async () => {
    const { forge, octokit, repo } = stage;
    const issue = await forge
      .as("robin")
      .openIssue("acme", "lib", { title: "It is broken", body: "Mend it." });
    await forge.as("robin").label("acme", "lib", issue, "agent-fix");

    const sha = await commitByApi(stage, "agent/issue-1", { "a.txt": "fixed\n" });
    const pull = await octokit.rest.pulls.create({
      ...repo,
      head: "agent/issue-1",
      base: "main",
      title: "Mend it",
      draft: true,
    });
    const check = await octokit.rest.checks.create({
      ...repo,
      name: "Fixpoint",
      head_sha: sha,
      external_id: "run_1",
      status: "in_progress",
    });
    await forge.settled();
    await octokit.rest.checks.update({
      ...repo,
      check_run_id: check.data.id,
      status: "completed",
      conclusion: "success",
    });
    await octokit.graphql(
      "mutation($id: ID!) { markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { isDraft } } }",
      {
        id: pull.data.node_id,
      },
    );
    await forge.settled();

    const seen = forge.inspect("acme", "lib");
    expect({
      pulls: seen.pulls.map(({ number, draft, state, headSha }) => ({ number, draft, state, headSha })),
      checks: seen.checkRuns
        .filter((run) => run.headSha === sha)
        .map(({ app, name, conclusion }) => `${app} ${name} ${conclusion}`)
        .sort(),
    }).toEqual({
      pulls: [{ number: 2, draft: false, state: "open", headSha: sha }],
      checks: ["actions test success", "actions test success", "ours Fixpoint success"],
    });
    expect(stage.events()).toEqual(
      expect.arrayContaining([
        "installation.created",
        "issues.opened",
        "issues.labeled",
        "create",
        "push",
        "check_suite.requested",
        "workflow_run.requested",
        "workflow_job.queued",
        "pull_request.opened",
        "check_run.created",
        "workflow_run.in_progress",
        "check_run.completed",
        "check_suite.completed",
        "workflow_run.completed",
        "pull_request.ready_for_review",
      ]),
    );
  });
});
