import { describe, expect, test } from "vitest";
import { PathRefused, type Workspace } from "../../src/workspace/workspace.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const long = (marks: Record<number, string> = {}) =>
  Array.from({ length: 30 }, (_, at) => `${marks[at] ?? `line ${at}`}\n`).join("");

/** What every implementation starts from. */
export const baseFiles = {
  "README.md": "# Sample\n",
  "long.txt": long(),
  "no-end.txt": "one\ntwo",
  "src/add.js": "export const add = (a, b) => a - b;\n",
  "src/deep/er/leaf.js": "leaf\n",
};

/** Tree and patch of the story told below: equal in every implementation. */
export interface Told {
  tree: string;
  patch: string;
}

/** What tools and phases rely on, wherever the files are. */
export function workspaceContract(
  name: string,
  open: () => Promise<Workspace>,
  compare: (told: Told) => void,
): void {
  const withWorkspace = async (use: (workspace: Workspace) => Promise<void>) => {
    const workspace = await open();
    try {
      await use(workspace);
    } finally {
      await workspace.dispose();
    }
  };

  async function edited(workspace: Workspace): Promise<void> {
    await workspace.write("src/add.js", bytes("export const add = (a, b) => a + b;\n"));
    await workspace.write("src/new/file.js", bytes("new\n"));
    await workspace.write("tool.sh", bytes("#!/bin/sh\n"), { mode: "100755" });
    await workspace.write("long.txt", bytes(long({ 4: "four", 20: "twenty" })));
    await workspace.write("no-end.txt", bytes("one\nthree"));
    await workspace.remove("src/deep/er/leaf.js");
  }

  describe(`a workspace ${name}`, () => {
    test("holds the files of the commit", () =>
      withWorkspace(async (workspace) => {
        expect(await workspace.list()).toEqual(Object.keys(baseFiles));
        expect(await workspace.list("src/deep/")).toEqual(["src/deep/er/leaf.js"]);
        const file = await workspace.read("src/add.js");
        expect(Buffer.from(file?.bytes ?? []).toString()).toBe(baseFiles["src/add.js"]);
        expect([file?.mode, file?.digest.length]).toEqual(["100644", 64]);
        expect(await workspace.read("nothing.js")).toBeNull();
        expect(workspace.changes()).toEqual([]);
      }));

    test("knows all that was changed, and makes git's tree and patch of it", () =>
      withWorkspace(async (workspace) => {
        await edited(workspace);
        expect(workspace.changes()).toMatchObject([
          { kind: "write", path: "long.txt" },
          { kind: "write", path: "no-end.txt" },
          { kind: "write", path: "src/add.js", mode: "100644", bytes: 36 },
          { kind: "delete", path: "src/deep/er/leaf.js" },
          { kind: "write", path: "src/new/file.js" },
          { kind: "write", path: "tool.sh", mode: "100755" },
        ]);
        expect(await workspace.list("src")).toEqual(["src/add.js", "src/new/file.js"]);
        compare(await workspace.snapshot());
      }));

    test("forgets a change that is taken back", () =>
      withWorkspace(async (workspace) => {
        const before = await workspace.snapshot();
        await edited(workspace);
        await workspace.write("README.md", bytes("other\n"));
        await workspace.write("README.md", bytes(baseFiles["README.md"]));
        expect(workspace.changes().some(({ path }) => path === "README.md")).toBe(false);
        await workspace.restore([], () => Promise.reject(new Error("never asked")));
        expect(workspace.changes()).toEqual([]);
        expect(await workspace.snapshot()).toEqual(before);
        expect(before.patch).toBe("");
      }));

    test("goes back to base plus any change set, and keeps all as it is when a content is wrong", () =>
      withWorkspace(async (workspace) => {
        await edited(workspace);
        const checkpoint = workspace.changes();
        const { tree } = await workspace.snapshot();
        const load = async (digest: string) => workspace.contentOf(digest) ?? bytes("gone");
        await workspace.write("junk.txt", bytes("junk\n"));
        await workspace.remove("README.md");
        await workspace.restore(checkpoint, load);
        expect(workspace.changes()).toEqual(checkpoint);
        expect((await workspace.snapshot()).tree).toBe(tree);
        await workspace.restore([], load);
        await expect(workspace.restore(checkpoint, async () => bytes("other\n"))).rejects.toThrow(
          "not what was stored",
        );
        expect(workspace.changes()).toEqual([]);
      }));

    test("refuses what is no file of the repository", () =>
      withWorkspace(async (workspace) => {
        for (const path of ["../x", "/etc/passwd", "a\\b", ".git/config", "src", ""])
          await expect(workspace.write(path, bytes("x"))).rejects.toThrow(PathRefused);
        await expect(workspace.read("src")).rejects.toThrow(PathRefused);
        await expect(workspace.remove("nothing.js")).rejects.toThrow(PathRefused);
        await expect(workspace.write("README.md/inner", bytes("x"))).rejects.toThrow(PathRefused);
        expect(workspace.changes()).toEqual([]);
      }));

    test("is lent and comes back", () =>
      withWorkspace(async (workspace) => {
        expect(await workspace.lend(async () => 7)).toEqual({ result: 7, restored: [] });
        await expect(workspace.lend(() => Promise.reject(new Error("broke")))).rejects.toThrow("broke");
      }));
  });
}
