import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { git, type Stage, setStage, writeFiles } from "./support/forge.ts";

describe("where repositories come from", () => {
  let stage: Stage;
  let source: string;
  beforeAll(async () => {
    stage = await setStage();
    source = await writeFiles(path.join(stage.dir, "real"), {
      "a.txt": "1\n",
      ".gitignore": "ignored\n",
      ignored: "x\n",
    });
    await git(source, "init", "--quiet", "--initial-branch=trunk");
    await git(source, "add", "-A");
    await git(source, "commit", "--quiet", "-m", "first");
    await git(source, "tag", "v1");
    await writeFiles(source, { "a.txt": "2\n" });
    await git(source, "commit", "--quiet", "-a", "-m", "second");
    await writeFiles(source, { "a.txt": "not committed\n" });
  });
  afterAll(() => stage.stop());

  const create = (name: string, from: string, defaultBranch?: string) =>
    stage.forge.createRepository({
      owner: "acme",
      name,
      from,
      ...(defaultBranch === undefined ? {} : { defaultBranch }),
    });
  const read = async (repo: string) => {
    const { data } = await stage.octokit.rest.repos.getContent({ owner: "acme", repo, path: "a.txt" });
    return "content" in data ? Buffer.from(data.content, "base64").toString() : "";
  };

  it("are a plain directory, committed as it is but for what it ignores", async () => {
    const from = await writeFiles(path.join(stage.dir, "plain"), {
      "a.txt": "plain\n",
      ".gitignore": "*.log\n",
      "x.log": "x\n",
    });
    expect((await create("plain", from)).defaultBranch).toBe("main");
    expect(await stage.forge.inspect("acme", "plain").tree()).toEqual({
      defaultBranch: "main",
      files: [".gitignore", "a.txt"],
    });
    expect(await read("plain")).toBe("plain\n");
  });

  it("are a git repository with its history, its branch and only what was committed", async () => {
    const made = await create("history", source);
    expect([made.defaultBranch, await read("history")]).toEqual(["trunk", "2\n"]);
    const { data } = await stage.octokit.rest.repos.listCommits({ owner: "acme", repo: "history" });
    expect(data.map((one) => one.commit.message)).toEqual(["second", "first"]);
    expect(await create("by-url", `file://${source}`)).toMatchObject({ defaultBranch: "trunk" });
  });

  it("are a checkout of a tag, which gets a branch where it stands", async () => {
    const detached = path.join(stage.dir, "detached");
    await git(stage.dir, "clone", "--quiet", "--branch", "v1", source, detached);
    expect([(await create("detached", detached)).defaultBranch, await read("detached")]).toEqual([
      "main",
      "1\n",
    ]);
  });

  it("refuse a source or a branch that is not there", async () => {
    await expect(create("none", path.join(stage.dir, "none"))).rejects.toThrow(
      /does not exist|not found|repository/,
    );
    await expect(create("no-branch", source, "nowhere")).rejects.toThrow(/rev-parse/);
  });

  it("get other bytes for other files only: the same directory gives the same tree", async () => {
    const trees = await Promise.all(
      ["one", "two"].map(async (name) => {
        const { gitDir } = await create(name, path.join(stage.dir, "plain"));
        return git(gitDir, "rev-parse", "HEAD^{tree}");
      }),
    );
    expect(trees[0]).toBe(trees[1]);
  });
});
