import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Workspace } from "../../src/workspace/workspace.ts";
import { bytes, type LocalRepository, localRepository, text } from "./local-repository.ts";

let repository: LocalRepository;
beforeAll(async () => {
  repository = await localRepository({
    "README.md": "# Sample\n",
    "src/add.js": "export const add = (a, b) => a - b;\n",
    "src/deep/er/leaf.js": "leaf\n",
    "run.sh": { script: "#!/bin/sh\nexit 0\n" },
    "logo.png": new Uint8Array([137, 80, 78, 71, 0, 0, 0]),
    "big.txt": "x".repeat(1_000_001),
    outside: { link: "/etc/passwd" },
    inside: { link: "src" },
    "dos.txt": "one\ntwo\n",
    ".gitattributes": "*.txt text eol=crlf\n*.js ident\n",
  });
});
afterAll(() => repository.remove());

async function withWorkspace(use: (workspace: Workspace) => Promise<void>): Promise<void> {
  const workspace = await repository.open();
  try {
    await use(workspace);
  } finally {
    await workspace.dispose();
  }
}

describe("an opened workspace", () => {
  it("holds the files of the commit, byte for byte, and no .git", () =>
    withWorkspace(async (workspace) => {
      expect(existsSync(join(workspace.root, ".git"))).toBe(false);
      expect(workspace.baseSha).toBe(repository.sha);
      expect(await workspace.list()).toEqual([
        ".gitattributes",
        "README.md",
        "big.txt",
        "dos.txt",
        "logo.png",
        "run.sh",
        "src/add.js",
        "src/deep/er/leaf.js",
      ]);
      expect(await workspace.list("src/deep/")).toEqual(["src/deep/er/leaf.js"]);
      expect(await readFile(join(workspace.root, "dos.txt"), "utf8")).toBe("one\ntwo\n");
      expect(workspace.changes()).toEqual([]);
    }));

  it("writes, removes and lists through its journal", () =>
    withWorkspace(async (workspace) => {
      await workspace.write("src/add.js", bytes("fixed\n"));
      await workspace.write("src/new/file.js", bytes("new\n"));
      await workspace.write("run.sh", bytes("#!/bin/sh\nexit 1\n"));
      await workspace.remove("src/deep/er/leaf.js");
      expect(workspace.changes()).toMatchObject([
        { kind: "write", path: "run.sh", mode: "100755", bytes: 17 },
        { kind: "write", path: "src/add.js", mode: "100644", bytes: 6 },
        { kind: "delete", path: "src/deep/er/leaf.js" },
        { kind: "write", path: "src/new/file.js", mode: "100644", bytes: 4 },
      ]);
      expect(await workspace.list("src")).toEqual(["src/add.js", "src/new/file.js"]);
      expect(existsSync(join(workspace.root, "src/deep"))).toBe(false);
      expect((await lstat(join(workspace.root, "run.sh"))).mode & 0o777).toBe(0o755);
      const [first] = workspace.changes();
      expect(first?.kind === "write" && text(workspace.contentOf(first.digest))).toBe("#!/bin/sh\nexit 1\n");
    }));

  it("forgets a change that is taken back", () =>
    withWorkspace(async (workspace) => {
      const before = await workspace.snapshot();
      await workspace.write("README.md", bytes("other\n"));
      await workspace.write("README.md", bytes("# Sample\n"));
      await workspace.write("new.txt", bytes("x"));
      await workspace.remove("new.txt");
      expect(workspace.changes()).toEqual([]);
      expect(await workspace.snapshot()).toEqual(before);
      expect(before.patch).toBe("");
    }));

  it("makes the tree that git itself would make, and a patch that git applies", () =>
    withWorkspace(async (workspace) => {
      await workspace.write("src/add.js", bytes("export const add = (a, b) => a + b;\n"));
      await workspace.write("src/deep", bytes("a file now\n")).catch(() => undefined);
      await workspace.remove("src/deep/er/leaf.js");
      await workspace.write("src/deep", bytes("a file now\n"));
      await workspace.write("tool", bytes("#!/bin/sh\n"), { mode: "100755" });
      const { tree, patch } = await workspace.snapshot();
      const { run, sha } = repository;
      const patchFile = join(repository.home, "the.patch");
      await writeFile(patchFile, patch);
      run("checkout", "--quiet", "--detach", sha);
      run("apply", "--index", patchFile);
      expect(run("write-tree")).toBe(tree);
      run("reset", "--quiet", "--hard", sha);
    }));

  it("goes back to base plus any change set, on another machine too", () =>
    withWorkspace(async (workspace) => {
      await workspace.write("src/add.js", bytes("first\n"));
      await workspace.remove("README.md");
      await workspace.write("README.md/inner", bytes("a directory now\n"));
      const checkpoint = workspace.changes();
      const { tree } = await workspace.snapshot();
      const load = async (digest: string) => workspace.contentOf(digest) ?? Promise.reject(new Error("gone"));
      await workspace.write("src/add.js", bytes("second\n"));
      await workspace.write("junk.txt", bytes("junk\n"));
      await workspace.remove("run.sh");
      await workspace.restore(checkpoint, load);
      expect(workspace.changes()).toEqual(checkpoint);
      expect((await workspace.snapshot()).tree).toBe(tree);
      expect((await readdir(workspace.root)).sort()).toEqual(
        [
          ".gitattributes",
          "README.md",
          "big.txt",
          "dos.txt",
          "inside",
          "logo.png",
          "outside",
          "run.sh",
          "src",
        ].sort(),
      );
      expect(text((await workspace.read("run.sh"))?.bytes)).toBe("#!/bin/sh\nexit 0\n");
      const other = await repository.open({ runId: "run_7_1_2" });
      await other.restore(checkpoint, load);
      expect((await other.snapshot()).tree).toBe(tree);
      await other.restore([], load);
      expect(other.changes()).toEqual([]);
      await other.dispose();
    }));

  it("keeps everything as it is when a content to restore is gone or wrong", () =>
    withWorkspace(async (workspace) => {
      await workspace.write("src/add.js", bytes("mine\n"));
      const changes = workspace.changes();
      await workspace.restore([], () => Promise.reject(new Error("never asked")));
      await expect(workspace.restore(changes, async () => bytes("other\n"))).rejects.toThrow(
        "not what was stored",
      );
      expect(workspace.changes()).toEqual([]);
      expect(text((await workspace.read("src/add.js"))?.bytes)).toBe("export const add = (a, b) => a - b;\n");
    }));

  it("refuses links, binaries, large files and directories with a reason", () =>
    withWorkspace(async (workspace) => {
      const because = (path: string) =>
        workspace.read(path).then(
          () => "was read",
          (error: Error) => `${error.name}: ${error.message}`,
        );
      expect(
        await Promise.all(["outside", "inside/add.js", "logo.png", "big.txt", "src"].map(because)),
      ).toMatchInlineSnapshot(`
          [
            "PathRefused: outside is a symbolic link; links are not followed.",
            "PathRefused: inside is a symbolic link or a file, not a directory; links are not followed.",
            "PathRefused: logo.png is a binary file (7 bytes); only text is read.",
            "PathRefused: big.txt has 1000001 bytes; files over 1000000 bytes are not read.",
            "PathRefused: src is not a regular file.",
          ]
        `);
      expect(await workspace.read("nothing/here.js")).toBeNull();
      await expect(workspace.write("outside", bytes("x"))).rejects.toThrow("symbolic link");
      await expect(workspace.write("inside/new.js", bytes("x"))).rejects.toThrow(
        "not part of the repository",
      );
      await expect(workspace.write("README.md/x", bytes("x"))).rejects.toThrow("README.md is a file");
      await expect(workspace.remove("outside")).rejects.toThrow("not a file of the repository");
      expect(await readFile("/etc/passwd", "utf8")).not.toBe("x");
    }));

  it("reads what set-up made, and never takes it for content", () =>
    withWorkspace(async (workspace) => {
      await mkdir(join(workspace.root, "node_modules/dep"), { recursive: true });
      await writeFile(join(workspace.root, "node_modules/dep/index.js"), "dep\n");
      await writeFile(join(workspace.root, "made.txt"), "made\n");
      expect(text((await workspace.read("node_modules/dep/index.js"))?.bytes)).toBe("dep\n");
      expect(await workspace.list("node_modules")).toEqual([]);
      await expect(workspace.write("node_modules/dep/index.js", bytes("x"))).rejects.toThrow(
        "set-up made it",
      );
      await expect(workspace.write("node_modules/mine.js", bytes("x"))).rejects.toThrow("set-up made it");
      await expect(workspace.write("made.txt", bytes("x"))).rejects.toThrow("set-up made it");
      await expect(workspace.remove("made.txt")).rejects.toThrow("not a file of the repository");
      expect(workspace.changes()).toEqual([]);
    }));

  it("follows no link that is put on the way after the base was read", () =>
    withWorkspace(async (workspace) => {
      await workspace.remove("src/deep/er/leaf.js");
      await symlink("/etc", join(workspace.root, "src/deep"));
      await expect(workspace.read("src/deep/passwd")).rejects.toThrow("symbolic link");
      await expect(workspace.write("src/deep/passwd", bytes("x"))).rejects.toThrow();
    }));

  it("is gone after dispose, with its ref", async () => {
    const workspace = await repository.open();
    const gitDir = join(repository.home, "cache/3-7.git");
    const refs = async () =>
      (await repository.git(["for-each-ref", "--format=%(refname)"], { gitDir })).toString();
    expect(await refs()).toContain("refs/runs/run_7_1_1-");
    await workspace.dispose();
    expect(existsSync(workspace.root)).toBe(false);
    expect(await refs()).toBe("refs/cache/main\n");
    expect(await readdir(join(repository.home, "work"))).toEqual([]);
  });
});
