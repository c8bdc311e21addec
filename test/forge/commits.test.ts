import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, refusalOf, type Stage, setStage } from "./support/forge.ts";

describe("contents, commits and comparisons", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await commitByApi(stage, "work", { "a.txt": "fixed\n", "new.txt": "n\n" }, "fix: two files");
  });
  afterAll(() => stage.stop());

  it("reads a file, a directory, and says 404 for what is not there", async () => {
    const file = await stage.octokit.rest.repos.getContent({ ...stage.repo, path: "docs/b.txt" });
    expect(file.data).toMatchObject({
      type: "file",
      encoding: "base64",
      content: `${Buffer.from("one\ntwo\nthree\n").toString("base64")}\n`,
    });
    const directory = await stage.octokit.rest.repos.getContent({ ...stage.repo, path: "", ref: "work" });
    expect(
      (directory.data as { name: string; type: string }[]).map(({ name, type }) => `${type} ${name}`),
    ).toEqual(["file a.txt", "dir docs", "file new.txt"]);
    expect(
      await refusalOf(stage.octokit.rest.repos.getContent({ ...stage.repo, path: ".github/fixpoint.yml" })),
    ).toEqual({
      status: 404,
      message: "Not Found",
    });
  });

  it("compares two branches with commits and patches", async () => {
    const { data } = await stage.octokit.rest.repos.compareCommitsWithBasehead({
      ...stage.repo,
      basehead: "main...work",
    });
    expect({
      status: data.status,
      ahead: data.ahead_by,
      messages: data.commits.map((one) => one.commit.message),
      files: data.files?.map(({ filename, status, patch }) => ({ filename, status, patch })),
    }).toEqual({
      status: "ahead",
      ahead: 1,
      messages: ["fix: two files"],
      files: [
        { filename: "a.txt", status: "modified", patch: "@@ -1 +1 @@\n-broken\n+fixed" },
        { filename: "new.txt", status: "added", patch: "@@ -0,0 +1 @@\n+n" },
      ],
    });
  });

  it("lists commits and shows one by branch name", async () => {
    const { data } = await stage.octokit.rest.repos.listCommits({ ...stage.repo, sha: "work" });
    expect(data.map((one) => one.commit.message)).toEqual(["fix: two files", "Initial commit"]);
    const one = await stage.octokit.rest.repos.getCommit({ ...stage.repo, ref: "work" });
    expect([one.data.sha, one.data.author?.login, one.data.stats]).toEqual([
      data[0]?.sha,
      "fixpoint[bot]",
      { total: 3, additions: 2, deletions: 1 },
    ]);
    expect(await refusalOf(stage.octokit.rest.repos.getCommit({ ...stage.repo, ref: "nothing" }))).toEqual({
      status: 422,
      message: "No commit found for SHA: nothing",
    });
  });
});
