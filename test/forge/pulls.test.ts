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
