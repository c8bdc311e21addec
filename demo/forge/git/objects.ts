import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { storeAt, type TreeChange, type TreeEntry } from "./object-store.ts";
import { git, gitText, tryGit } from "./run.ts";

export const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
export const ZERO_SHA = "0".repeat(40);

export const isSha = (value: string): boolean => /^[0-9a-f]{40}$/.test(value);

export async function objectType(gitDir: string, sha: string): Promise<string | null> {
  if (!isSha(sha)) return null;
  const store = storeAt(gitDir);
  if (store) return store.objectType(sha);
  const result = await tryGit([`--git-dir=${gitDir}`, "cat-file", "-t", sha]);
  return result.code === 0 ? result.out.toString("utf8").trim() : null;
}

export async function writeBlob(gitDir: string, content: Buffer): Promise<string> {
  const store = storeAt(gitDir);
  if (store) return store.write("blob", content);
  return gitText(gitDir, ["hash-object", "-w", "--stdin"], { input: content });
}

export async function readBlob(gitDir: string, sha: string): Promise<Buffer> {
  return storeAt(gitDir)?.read(sha, "blob") ?? git(gitDir, ["cat-file", "blob", sha]);
}

export async function readTree(gitDir: string, treeish: string, recursive: boolean): Promise<TreeEntry[]> {
  const store = storeAt(gitDir);
  if (store) return store.readTree(treeish, recursive);
  const args = ["ls-tree", "-z", "-l", ...(recursive ? ["-r", "-t"] : []), treeish];
  const lines = (await git(gitDir, args)).toString("utf8").split("\0").filter(Boolean);
  return lines.map((line) => {
    const tab = line.indexOf("\t");
    const [mode = "", type = "", sha = "", size = "-"] = line.slice(0, tab).split(/ +/);
    return { mode, type, sha, size: size === "-" ? null : Number(size), path: line.slice(tab + 1) };
  });
}

/** The tree of a commit, or the tree itself. */
export async function treeOf(gitDir: string, treeish: string): Promise<string> {
  return storeAt(gitDir)?.treeOf(treeish) ?? gitText(gitDir, ["rev-parse", `${treeish}^{tree}`]);
}

/** Writes a tree: `base` with the changes applied, in a private index. Refuses objects that are not there. */
export async function writeTree(
  gitDir: string,
  base: string | null,
  changes: readonly TreeChange[],
): Promise<string> {
  const store = storeAt(gitDir);
  if (store) return store.writeTree(base, changes);
  const index = path.join(gitDir, `index-${randomUUID()}`);
  const env = { GIT_INDEX_FILE: index };
  try {
    await git(gitDir, base === null ? ["read-tree", "--empty"] : ["read-tree", base], { env });
    const gone = changes.filter((change) => change.sha === null || change.mode === "040000");
    if (gone.length > 0) {
      const listed = await git(
        gitDir,
        ["ls-files", "-z", "--", ...gone.map((change) => `:(top,literal)${change.path}`)],
        {
          env,
        },
      );
      const removed = listed.toString("utf8").split("\0").filter(Boolean);
      await updateIndex(
        gitDir,
        env,
        removed.map((name) => `0 ${ZERO_SHA}\t${name}`),
      );
    }
    const lines = await Promise.all(changes.map((change) => indexLines(gitDir, change)));
    await updateIndex(gitDir, env, lines.flat());
    return await gitText(gitDir, ["write-tree"], { env });
  } finally {
    await rm(index, { force: true });
  }
}

/** The files that a change puts in: one, none when it takes out, and all of a directory when it is a tree. */
async function indexLines(gitDir: string, { path: name, mode, sha }: TreeChange): Promise<string[]> {
  if (sha === null) return [];
  if (mode !== "040000") return [`${mode} ${sha}\t${name}`];
  const inside = (await readTree(gitDir, sha, true)).filter((entry) => entry.type !== "tree");
  return inside.map((entry) => `${entry.mode} ${entry.sha}\t${name}/${entry.path}`);
}

async function updateIndex(
  gitDir: string,
  env: Record<string, string>,
  lines: readonly string[],
): Promise<void> {
  if (lines.length === 0) return;
  await git(gitDir, ["update-index", "-z", "--index-info"], {
    env,
    input: lines.map((line) => `${line}\0`).join(""),
  });
}
