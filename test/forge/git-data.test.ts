import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, FILES, git, refusalOf, type Stage, setStage, WORKFLOW } from "./support/forge.ts";

describe("the Git Data API", () => {
  let stage: Stage;
  let main: string;
  beforeAll(async () => {
    stage = await setStage({
      files: { ...FILES, ".github/workflows/ci.yml": WORKFLOW, "bin/run": "#!/bin/sh\n" },
    });
    main = stage.forge.inspect("acme", "lib").refs["refs/heads/main"] ?? "";
  });
  afterAll(() => stage.stop());

  const rest = () => stage.octokit.rest.git;

  it("writes blobs whose SHA is git's own, as text and as base64", async () => {
    const { data } = await rest().createBlob({ ...stage.repo, content: "hello\n" });
    expect(data.sha).toBe("ce013625030ba8dba906f756967f9e9ca394464a");
    const bytes = Buffer.from([0, 255, 10, 13]);
    const binary = await rest().createBlob({
      ...stage.repo,
      content: bytes.toString("base64"),
      encoding: "base64",
    });
    const read = await rest().getBlob({ ...stage.repo, file_sha: binary.data.sha });
    expect(Buffer.from(read.data.content, "base64")).toEqual(bytes);
  });

  it("builds a tree on another: changes, adds, deletes, keeps modes and whole directories", async () => {
    const base = (await rest().getCommit({ ...stage.repo, commit_sha: main })).data.tree.sha;
    const docs = (await rest().getTree({ ...stage.repo, tree_sha: base })).data.tree.find(
      (one) => one.path === "docs",
    );
    const { data } = await rest().createTree({
      ...stage.repo,
      base_tree: base,
      tree: [
        { path: "a.txt", mode: "100644", type: "blob", content: "fixed\n" },
        { path: "bin/run", mode: "100755", type: "blob", content: "#!/bin/sh\ntrue\n" },
        { path: "docs", mode: "040000", type: "tree", sha: null },
        { path: "copy", mode: "040000", type: "tree", sha: docs?.sha ?? "" },
      ],
    });
    const whole = await rest().getTree({ ...stage.repo, tree_sha: data.sha, recursive: "1" });
    expect(
      whole.data.tree.filter((one) => one.type === "blob").map((one) => `${one.mode} ${one.path}`),
    ).toEqual(["100644 .github/workflows/ci.yml", "100644 a.txt", "100755 bin/run", "100644 copy/b.txt"]);
  });

  it("refuses trees that lead out, name nothing, or hold objects that are not there", async () => {
    const tree = (entry: Record<string, unknown>) =>
      refusalOf(
        stage.octokit.request("POST /repos/{owner}/{repo}/git/trees", {
          ...stage.repo,
          tree: [{ mode: "100644", type: "blob", ...entry }],
        } as never),
      );
    const malformed = { status: 422, message: "tree.path contains a malformed path component" };
    expect([
      await tree({ path: "../x", content: "" }),
      await tree({ path: ".git/config", content: "" }),
      await tree({ path: "x", sha: "1".repeat(40) }),
      await tree({ path: "x", mode: "100600", content: "" }),
    ]).toEqual([
      malformed,
      malformed,
      { status: 422, message: `tree.sha ${"1".repeat(40)} is not a valid blob` },
      { status: 422, message: "Must supply a valid tree.mode" },
    ]);
  });

  it("signs a commit of the app that names no author, and no other", async () => {
    const tree = (await rest().getCommit({ ...stage.repo, commit_sha: main })).data.tree.sha;
    const plain = await rest().createCommit({
      ...stage.repo,
      message: "fix: it\n\nWhy.",
      tree,
      parents: [main],
    });
    expect(plain.data).toMatchObject({
      message: "fix: it\n\nWhy.",
      author: { name: "fixpoint[bot]" },
      committer: { name: "GitHub", email: "noreply@github.com" },
      verification: { verified: true, reason: "valid" },
    });
    const author = { name: "Robin", email: "robin@example.com", date: "2026-01-02T03:04:05Z" };
    const named = await rest().createCommit({
      ...stage.repo,
      message: "fix: it",
      tree,
      parents: [main],
      author,
    });
    expect(named.data).toMatchObject({
      author,
      committer: author,
      verification: { verified: false, reason: "unsigned" },
    });
    const raw = await git(stage.forge.inspect("acme", "lib").gitDir, "cat-file", "commit", plain.data.sha);
    expect(raw).toContain("\ngpgsig -----BEGIN PGP SIGNATURE-----\n");
    await git(stage.forge.inspect("acme", "lib").gitDir, "fsck", "--strict");
  });

  it("moves a ref only forward, unless forced, and says so in GitHub's words", async () => {
    const first = await commitByApi(stage, "agent/one", { "a.txt": "1\n" });
    const other = await commitByApi(stage, "agent/two", { "a.txt": "2\n" });
    const update = (sha: string, force = false) =>
      rest().updateRef({ ...stage.repo, ref: "heads/agent/one", sha, force });
    expect(await refusalOf(update(other))).toEqual({ status: 422, message: "Update is not a fast forward" });
    expect((await update(other, true)).data.object.sha).toBe(other);
    expect(await refusalOf(update("1".repeat(40)))).toEqual({
      status: 422,
      message: "Object does not exist",
    });
    const create = (ref: string) => refusalOf(rest().createRef({ ...stage.repo, ref, sha: first }));
    expect([
      await create("refs/heads/agent/one"),
      await create("heads/x"),
      await create("refs/heads/agent"),
    ]).toEqual([
      { status: 422, message: "Reference already exists" },
      { status: 422, message: "Reference name must start with 'refs/' and contain at least two slashes." },
      { status: 422, message: "Reference update failed" },
    ]);
  });

  it("lets only one of two racing updates through", async () => {
    const base = await commitByApi(stage, "race", { "a.txt": "0\n" });
    const tree = (await rest().getCommit({ ...stage.repo, commit_sha: base })).data.tree.sha;
    const commits = await Promise.all(
      ["left", "right"].map((message) =>
        rest().createCommit({ ...stage.repo, message, tree, parents: [base] }),
      ),
    );
    const results = await Promise.allSettled(
      commits.map(({ data }) =>
        rest().updateRef({ ...stage.repo, ref: "heads/race", sha: data.sha, force: false }),
      ),
    );
    expect(results.map((one) => one.status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("deletes a ref and knows it no more", async () => {
    await commitByApi(stage, "gone", { "a.txt": "9\n" });
    await rest().deleteRef({ ...stage.repo, ref: "heads/gone" });
    expect(await refusalOf(rest().getRef({ ...stage.repo, ref: "heads/gone" }))).toEqual({
      status: 404,
      message: "Not Found",
    });
    expect(await refusalOf(rest().deleteRef({ ...stage.repo, ref: "heads/gone" }))).toEqual({
      status: 422,
      message: "Reference does not exist",
    });
  });

  it("lets no workflow file into a branch without the workflows permission", async () => {
    const commit = commitByApi(stage, "agent/workflow", { ".github/workflows/ci.yml": "on: push\n" });
    expect(await refusalOf(commit)).toEqual({
      status: 403,
      message: "Resource not accessible by integration",
    });
    expect(stage.forge.inspect("acme", "lib").refs["refs/heads/agent/workflow"]).toBeUndefined();
    const { permissions } = (
      await stage.app.rest.apps.getInstallation({ installation_id: stage.installationId })
    ).data;
    stage.forge.settings.permissions("acme", {
      ...(permissions as Record<string, "read" | "write">),
      workflows: "write",
    });
    const octokit = stage.octokitWith(await stage.token());
    await commitByApi({ ...stage, octokit }, "agent/workflow", { ".github/workflows/ci.yml": "on: push\n" });
  });

  it("holds branch rules against the app", async () => {
    stage.forge.settings.protect("acme", "lib", "main");
    const sha = await commitByApi(stage, "agent/ahead", { "a.txt": "ahead\n" });
    expect(await refusalOf(rest().updateRef({ ...stage.repo, ref: "heads/main", sha }))).toEqual({
      status: 422,
      message: "Protected branch update failed",
    });
    stage.forge.settings.addRuleset("acme", "lib", {
      prefix: "signed/",
      rules: [{ type: "required_signatures" }],
    });
    await commitByApi(stage, "signed/yes", { "a.txt": "s\n" });
    const author = { name: "Robin", email: "robin@example.com" };
    const tree = (await rest().getCommit({ ...stage.repo, commit_sha: sha })).data.tree.sha;
    const unsigned = await rest().createCommit({
      ...stage.repo,
      message: "x",
      tree,
      parents: [main],
      author,
    });
    const create = rest().createRef({ ...stage.repo, ref: "refs/heads/signed/no", sha: unsigned.data.sha });
    expect(await refusalOf(create)).toEqual({
      status: 422,
      message: "Repository rule violations found\n\nCommits must have verified signatures.\n\n",
    });
    const { data } = await stage.octokit.rest.repos.getBranchRules({ ...stage.repo, branch: "signed/yes" });
    expect(data.map((rule) => rule.type)).toEqual(["required_signatures"]);
  });
});
