import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, type Stage, setStage } from "./support/forge.ts";

describe("GraphQL", () => {
  let stage: Stage;
  let node: string;
  beforeAll(async () => {
    stage = await setStage();
    await commitByApi(stage, "agent/g", { "a.txt": "g\n" });
    node = (
      await stage.octokit.rest.pulls.create({
        ...stage.repo,
        head: "agent/g",
        base: "main",
        title: "G",
        draft: true,
      })
    ).data.node_id;
  });
  afterAll(() => stage.stop());

  const mutate = (name: string, octokit = stage.octokit) =>
    octokit.graphql<Record<string, unknown>>(
      `mutation Turn($id: ID!) { ${name}(input: { pullRequestId: $id }) { pullRequest { number isDraft ...More } } } fragment More on PullRequest { headRefName }`,
      { id: node },
    );

  it("turns a draft ready and back, and tells of it once each", async () => {
    expect(await mutate("markPullRequestReadyForReview")).toEqual({
      markPullRequestReadyForReview: { pullRequest: { number: 1, isDraft: false, headRefName: "agent/g" } },
    });
    await mutate("markPullRequestReadyForReview");
    await mutate("convertPullRequestToDraft");
    await stage.forge.settled();
    expect(stage.events().filter((event) => /ready|draft/.test(event))).toEqual([
      "pull_request.ready_for_review",
      "pull_request.converted_to_draft",
    ]);
  });

  it("wants contents: write beside pull_requests: write", async () => {
    const octokit = stage.octokitWith(await stage.token({ permissions: { pull_requests: "write" } }));
    await expect(mutate("markPullRequestReadyForReview", octokit)).rejects.toMatchObject({
      errors: [
        {
          type: "FORBIDDEN",
          path: ["markPullRequestReadyForReview"],
          message: "Resource not accessible by integration",
        },
      ],
    });
  });

  it("knows who asks, and names what it does not know", async () => {
    expect(await stage.octokit.graphql("{ viewer { login } }")).toEqual({ viewer: { login: "fixpoint" } });
    expect(
      await stage.octokit.graphql(
        'query($n: Int = 1) { repository(owner: "acme", name: "lib") { pullRequest(number: $n) { id } } }',
      ),
    ).toEqual({
      repository: { pullRequest: { id: node } },
    });
    await expect(stage.octokit.graphql("{ viewer { shoeSize } }")).rejects.toMatchObject({
      errors: [{ message: "Field 'shoeSize' doesn't exist on type 'Bot'" }],
    });
    await expect(stage.octokit.graphql('{ node(id: "PR_x") { id } }')).rejects.toMatchObject({
      errors: [{ type: "NOT_FOUND" }],
    });
  });
});
