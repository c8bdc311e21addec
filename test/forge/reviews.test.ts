import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, refusalOf, type Stage, setStage } from "./support/forge.ts";

describe("reviews", () => {
  let stage: Stage;
  let number: number;
  beforeAll(async () => {
    stage = await setStage({ files: { "a.txt": "one\ntwo\nthree\n" } });
    await commitByApi(stage, "agent/x", { "a.txt": "one\n2\nthree\n" });
    number = (
      await stage.octokit.rest.pulls.create({ ...stage.repo, head: "agent/x", base: "main", title: "X" })
    ).data.number;
  });
  afterAll(() => stage.stop());

  it("sends one webhook for the review and one for each of its comments, all of one review", async () => {
    const comments = [
      { path: "a.txt", line: 2, body: "/agent use a word" },
      { path: "a.txt", line: 3, body: "and here" },
    ];
    const review = await stage.forge
      .as("ada")
      .review("acme", "lib", number, { event: "REQUEST_CHANGES", body: "Not yet", comments });
    await stage.forge.settled();
    const submitted = stage.hooks.find((hook) => hook.headers["x-github-event"] === "pull_request_review")
      ?.payload as unknown as {
      review: { id: number; state: string; body: string };
    };
    const told = stage.hooks.filter(
      (hook) => hook.headers["x-github-event"] === "pull_request_review_comment",
    );
    expect([submitted.review.id, submitted.review.state, submitted.review.body]).toEqual([
      review,
      "changes_requested",
      "Not yet",
    ]);
    expect(
      told.map(
        (hook) =>
          hook.payload["comment"] as { pull_request_review_id: number; body: string; diff_hunk: string },
      ),
    ).toMatchObject([
      {
        pull_request_review_id: review,
        body: "/agent use a word",
        diff_hunk: "@@ -1,3 +1,3 @@\n one\n-two\n+2",
      },
      { pull_request_review_id: review, body: "and here" },
    ]);
  });

  it("answers in a thread of its own, and refuses lines outside the diff", async () => {
    const [first] = stage.forge.inspect("acme", "lib").pulls[0]?.reviewComments ?? [];
    const { data } = await stage.octokit.rest.pulls.createReplyForReviewComment({
      ...stage.repo,
      pull_number: number,
      comment_id: first?.id ?? 0,
      body: "done",
    });
    expect([data.in_reply_to_id, data.user.login]).toEqual([first?.id, "fixpoint[bot]"]);
    const outside = stage.forge
      .as("ada")
      .reviewComment("acme", "lib", number, { body: "x", path: "a.txt", line: 99 });
    expect(await refusalOf(outside)).toMatchObject({ status: 422 });
  });

  it("lets nobody approve their own pull request, and writers dismiss", async () => {
    const own = stage.octokit.rest.pulls.createReview({
      ...stage.repo,
      pull_number: number,
      event: "APPROVE",
    });
    expect(await refusalOf(own)).toEqual({ status: 422, message: "Can not approve your own pull request" });
    const [review] = stage.forge.inspect("acme", "lib").pulls[0]?.reviews ?? [];
    await stage.octokit.rest.pulls.dismissReview({
      ...stage.repo,
      pull_number: number,
      review_id: review?.id ?? 0,
      message: "done",
    });
    expect(stage.forge.inspect("acme", "lib").pulls[0]?.reviews[0]?.state).toBe("DISMISSED");
  });
});
