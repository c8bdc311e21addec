import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FILES, git, type Stage, setStage, WORKFLOW } from "./support/forge.ts";

describe("git over HTTP", () => {
  let stage: Stage;
  let token: string;
  let work: string;
  beforeAll(async () => {
    stage = await setStage({
      files: { ...FILES, ".github/workflows/ci.yml": WORKFLOW },
      repository: { private: true },
    });
    token = await stage.token();
    work = await stage.clone("work", token);
  });
  afterAll(() => stage.stop());

  const commit = async (file: string, content: string | Buffer) => {
    await writeFile(path.join(work, file), content);
    await git(work, "add", "-A");
    await git(work, "commit", "--quiet", "-m", `change ${file}`);
    return git(work, "rev-parse", "HEAD");
  };

  it("clones, and fetches one commit by its SHA without history or blobs", async () => {
    expect(await git(work, "ls-files")).toBe(".github/workflows/ci.yml\na.txt\ndocs/b.txt");
    const sha = await git(work, "rev-parse", "HEAD");
    const bare = path.join(stage.dir, "depth1");
    await git(stage.dir, "init", "--quiet", "--bare", bare);
    const url = `http://x-access-token:${token}@${new URL(stage.forge.url).host}/acme/lib.git`;
    await git(bare, "fetch", "--quiet", "--depth=1", "--filter=blob:none", url, sha);
    expect(await git(bare, "rev-list", "--count", sha)).toBe("1");
  });

  it("takes a push with a large body and tells of it as GitHub does", async () => {
    const sha = await commit("large.bin", Buffer.alloc(3_000_000, "0123456789abcdef"));
    await git(work, "push", "--quiet", "origin", "HEAD:refs/heads/feature");
    // What the push did is known before its answer is.
    expect(stage.forge.inspect("acme", "lib").refs["refs/heads/feature"]).toBe(sha);
    await stage.forge.settled();
    const push = stage.hooks.find((hook) => hook.headers["x-github-event"] === "push")
      ?.payload as unknown as {
      ref: string;
      created: boolean;
      after: string;
      commits: { added: string[]; message: string }[];
    };
    expect(push).toMatchObject({
      ref: "refs/heads/feature",
      created: true,
      after: sha,
      commits: [{ added: ["large.bin"], message: "change large.bin" }],
    });
  });

  it("refuses a push with a read-only token with 403, and an unknown token with 401", async () => {
    const readOnly = await stage.token({ permissions: { contents: "read" } });
    const push = (value: string) =>
      git(
        work,
        "push",
        `http://x-access-token:${value}@${new URL(stage.forge.url).host}/acme/lib.git`,
        "HEAD:refs/heads/no",
      );
    await expect(push(readOnly)).rejects.toThrow(/403/);
    await expect(push("ghs_wrong")).rejects.toThrow(/Authentication failed/);
    expect(stage.forge.inspect("acme", "lib").refs["refs/heads/no"]).toBeUndefined();
  });

  it("hides a private repository from strangers", async () => {
    const { host } = new URL(stage.forge.url);
    await expect(
      git(stage.dir, "ls-remote", `http://eve:${stage.forge.as("eve").token}@${host}/acme/lib.git`),
    ).rejects.toThrow(/not found/);
    await expect(git(stage.dir, "ls-remote", `http://${host}/acme/lib.git`)).rejects.toThrow(
      /could not read Username/,
    );
    await expect(stage.clone("none", await stage.token({ permissions: { issues: "read" } }))).rejects.toThrow(
      /not found/,
    );
  });

  it("refuses a whole push that touches a workflow without the permission", async () => {
    await commit(".github/workflows/ci.yml", "on: push\n");
    await expect(
      git(work, "push", "origin", "HEAD:refs/heads/workflow", "HEAD~1:refs/heads/other"),
    ).rejects.toThrow(
      /refusing to allow a GitHub App to create or update workflow `.github\/workflows\/ci.yml` without `workflows` permission/,
    );
    const { refs } = stage.forge.inspect("acme", "lib");
    expect([refs["refs/heads/workflow"], refs["refs/heads/other"]]).toEqual([undefined, undefined]);
    // A person may.
    await git(
      work,
      "push",
      "--quiet",
      `http://robin:${stage.forge.as("robin").token}@${new URL(stage.forge.url).host}/acme/lib.git`,
      "HEAD:refs/heads/workflow",
    );
    await git(work, "reset", "--quiet", "--hard", "HEAD~1");
  });

  it("refuses what protection and rulesets refuse", async () => {
    stage.forge.settings.protect("acme", "lib", "main");
    stage.forge.settings.addRuleset("acme", "lib", {
      prefix: "signed/",
      rules: [{ type: "required_signatures" }],
    });
    await expect(git(work, "push", "origin", "HEAD:refs/heads/main")).rejects.toThrow(
      /GH006: Protected branch update failed/,
    );
    await expect(git(work, "push", "origin", "HEAD:refs/heads/signed/x")).rejects.toThrow(
      /Commits must have verified signatures/,
    );
  });

  it("refuses pushes to an archived repository and serves it under its former name", async () => {
    stage.forge.settings.archive("acme", "lib");
    await expect(git(work, "push", "origin", "HEAD:refs/heads/late")).rejects.toThrow(/403/);
    stage.forge.settings.unarchive("acme", "lib");
    stage.forge.settings.rename("acme", "lib", "library");
    expect(await git(work, "ls-remote", "origin", "refs/heads/feature")).toContain("refs/heads/feature");
    stage.forge.settings.rename("acme", "library", "lib");
  });

  it("refuses objects that git's own check refuses", async () => {
    const empty = await git(work, "hash-object", "-t", "tree", "-w", "/dev/null");
    const raw = `tree ${empty}\nauthor X <x> notadate +0000\ncommitter X <x> 0 +0000\n\nbad\n`;
    await writeFile(path.join(stage.dir, "raw"), raw);
    const sha = await git(
      work,
      "hash-object",
      "--literally",
      "-t",
      "commit",
      "-w",
      path.join(stage.dir, "raw"),
    );
    await expect(git(work, "push", "origin", `${sha}:refs/heads/bad`)).rejects.toThrow(/fsck error|unpack/);
  });
});
