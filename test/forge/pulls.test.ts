import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, git, refusalOf, type Stage, setStage } from "./support/forge.ts";

describe("pull requests", () => {
  let stage: Stage;
  let sha: string;
  let number: number;
  const pulls = () => stage.octokit.rest.pulls;
  beforeAll(async () => {
    stage = await setStage({
      files: { "a.txt": "broken\n", "b.txt": "one\ntwo\n", "old.txt": "same\nsame\nsame\n" },
    });
    sha = await commitByApi(stage, "agent/issue-1", { "a.txt": "fixed\n", "dir/new.txt": "n\n" });
    await stage.forge.as("robin").openIssue("acme", "lib", { title: "Broken" });
    const wanted = { head: "agent/issue-1", base: "main", title: "Mend it", body: "Fixes #1", draft: true };
    number = (await pulls().create({ ...stage.repo, ...wanted })).data.number;
  });
  afterAll(() => stage.stop());

  it("has real files, counts, commits and a real diff", async () => {
    const at = { ...stage.repo, pull_number: number };
    const { data } = await pulls().get(at);
    const files = await pulls().listFiles(at);
    const diff = await pulls().get({ ...at, mediaType: { format: "diff" } });
    expect({
      counts: [data.commits, data.changed_files, data.additions, data.deletions],
      state: [data.draft, data.mergeable, data.mergeable_state, data.head.sha, data.base.ref],
      files: files.data.map((one) => [one.filename, one.status, one.patch]),
      commits: (await pulls().listCommits(at)).data.map((one) => one.sha),
      diff: String(diff.data).split("\n")[0],
    }).toEqual({
      counts: [1, 2, 2, 1],
      state: [true, true, "draft", sha, "main"],
      files: [
        ["a.txt", "modified", "@@ -1 +1 @@\n-broken\n+fixed"],
        ["dir/new.txt", "added", "@@ -0,0 +1 @@\n+n"],
      ],
      commits: [sha],
      diff: "diff --git a/a.txt b/a.txt",
    });
  });

  it("refuses a twin, an empty one and one of unknown branches, as GitHub words it", async () => {
    const open = async (head: string, base = "main") => {
      try {
        await pulls().create({ ...stage.repo, head, base, title: "x" });
      } catch (error) {
        const { status, response } = error as { status: number; response: { data: { errors: unknown[] } } };
        return [status, response.data.errors[0]];
      }
      return null;
    };
    await stage.octokit.rest.git.createRef({
      ...stage.repo,
      ref: "refs/heads/empty",
      sha: stage.forge.inspect("acme", "lib").refs["refs/heads/main"] ?? "",
    });
    const custom = (message: string) => ({ resource: "PullRequest", code: "custom", message });
    expect([
      await open("agent/issue-1"),
      await open("acme:agent/issue-1"),
      await open("empty"),
      await open("none"),
    ]).toEqual([
      [422, custom("A pull request already exists for acme:agent/issue-1.")],
      [422, custom("A pull request already exists for acme:agent/issue-1.")],
      [422, custom("No commits between main and empty")],
      [422, { resource: "PullRequest", field: "head", code: "invalid" }],
    ]);
  });

  it("is found by its head, whether open or closed", async () => {
    const list = async (head: string, state: "open" | "all") =>
      (await pulls().list({ ...stage.repo, head, state })).data.map((one) => one.number);
    expect([await list("acme:agent/issue-1", "open"), await list("acme:other", "all")]).toEqual([
      [number],
      [],
    ]);
  });

  it("follows its branch, and tells both SHAs", async () => {
    const before = stage.forge.inspect("acme", "lib").pulls[0]?.headSha;
    const after = await stage.forge.as("robin").push("acme", "lib", "agent/issue-1", { "c.txt": "c\n" });
    await stage.forge.settled();
    const told = stage.hooks.filter((hook) => hook.payload["action"] === "synchronize").at(-1);
    expect([
      told?.payload["before"],
      told?.payload["after"],
      stage.forge.inspect("acme", "lib").pulls[0]?.headSha,
    ]).toEqual([before, after, after]);
    const { gitDir } = stage.forge.inspect("acme", "lib");
    expect(await git(gitDir, "rev-parse", `refs/pull/${number}/head`)).toBe(after);
  });

  it("asks collaborators for reviews and nobody else", async () => {
    const ask = (reviewers: string[]) =>
      pulls().requestReviewers({ ...stage.repo, pull_number: number, reviewers });
    expect(
      (await ask(["ada"])).data.requested_reviewers?.map((one) => ("login" in one ? one.login : "")),
    ).toEqual(["ada"]);
    expect(await refusalOf(ask(["eve"]))).toMatchObject({ status: 422 });
  });

  it("says when it conflicts with its base, and cannot be merged then", async () => {
    await stage.forge.as("robin").push("acme", "lib", "clash", { "b.txt": "mine\n" });
    const clash = await stage.forge
      .as("robin")
      .openPull("acme", "lib", { head: "clash", base: "main", title: "Clash" });
    await stage.forge.as("robin").push("acme", "lib", "main", { "b.txt": "theirs\n" });
    const { data } = await pulls().get({ ...stage.repo, pull_number: clash });
    expect([data.mergeable, data.mergeable_state]).toEqual([false, "dirty"]);
    expect(await refusalOf(pulls().merge({ ...stage.repo, pull_number: clash }))).toEqual({
      status: 405,
      message: "Pull Request is not mergeable",
    });
  });

  it("does not merge a draft, nor a head that has moved; merging closes the issue it fixes", async () => {
    const merge = (options: object = {}) => pulls().merge({ ...stage.repo, pull_number: number, ...options });
    expect(await refusalOf(merge())).toEqual({ status: 405, message: "Pull Request is still a draft" });
    await stage.forge.as("robin").readyForReview("acme", "lib", number);
    expect(await refusalOf(merge({ sha }))).toEqual({
      status: 409,
      message: "Head branch was modified. Review and try the merge again.",
    });
    await stage.forge.as("robin").mergePull("acme", "lib", number, "squash");
    await stage.forge.settled();
    const seen = stage.forge.inspect("acme", "lib");
    expect({ issue: seen.issues[0]?.state, pull: [seen.pulls[0]?.state, seen.pulls[0]?.merged] }).toEqual({
      issue: "closed",
      pull: ["closed", true],
    });
    // What it consisted of stays visible after the merge.
    expect(
      (await pulls().listFiles({ ...stage.repo, pull_number: number })).data.map((one) => one.filename),
    ).toEqual(["a.txt", "c.txt", "dir/new.txt"]);
    expect(stage.events()).toEqual(expect.arrayContaining(["pull_request.closed", "issues.closed", "push"]));
  });

  it("is closed when its branch is deleted, and reopened only while there is one", async () => {
    await commitByApi(stage, "gone", { "z.txt": "z\n" });
    const gone = await stage.forge
      .as("robin")
      .openPull("acme", "lib", { head: "gone", base: "main", title: "Gone" });
    await stage.forge.as("robin").closePull("acme", "lib", gone);
    await stage.forge.as("robin").reopenPull("acme", "lib", gone);
    await stage.forge.as("robin").deleteBranch("acme", "lib", "gone");
    expect(stage.forge.inspect("acme", "lib").pulls.at(-1)?.state).toBe("closed");
    expect(await refusalOf(stage.forge.as("robin").reopenPull("acme", "lib", gone))).toMatchObject({
      status: 422,
    });
  });

  it("counts as merged when someone pushes its commits to the base by hand", async () => {
    const head = await commitByApi(stage, "byhand", { "h.txt": "h\n" });
    const byHand = await stage.forge
      .as("robin")
      .openPull("acme", "lib", { head: "byhand", base: "main", title: "By hand" });
    await stage.octokit.rest.git.updateRef({ ...stage.repo, ref: "heads/main", sha: head });
    expect(stage.forge.inspect("acme", "lib").pulls.find((one) => one.number === byHand)).toMatchObject({
      state: "closed",
      merged: true,
    });
  });

  it("names a renamed file with its former name", async () => {
    await stage.forge
      .as("robin")
      .push("acme", "lib", "rename", { "old.txt": null, "moved.txt": "same\nsame\nsame\n" });
    const renamed = await stage.forge
      .as("robin")
      .openPull("acme", "lib", { head: "rename", base: "main", title: "Rename" });
    const { data } = await pulls().listFiles({ ...stage.repo, pull_number: renamed });
    expect(data.map((one) => [one.filename, one.status, one.previous_filename, one.patch])).toEqual([
      ["moved.txt", "renamed", "old.txt", undefined],
    ]);
  });
});

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
