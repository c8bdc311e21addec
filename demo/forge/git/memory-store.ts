import { createHash } from "node:crypto";
import { type Commit, parseCommit } from "./commits.ts";
import { changedFileOf, diffOf, type Pair, pairsOf } from "./memory-diff.ts";
import { commonAncestor, newestFirst, reachable } from "./memory-history.ts";
import { buildTree, type Entry, encodeTree, type File, flatten, parseTree } from "./memory-tree.ts";
import type { ObjectStore, TreeChange, TreeEntry } from "./object-store.ts";
import { EMPTY_TREE, isSha } from "./objects.ts";
import { GitError } from "./run.ts";

export type StoredObject = { type: "blob" | "tree" | "commit" | "tag"; content: Buffer };

/** All that such a repository is: plain data that can be copied. Objects never change. */
export type StoreData = { objects: Map<string, StoredObject>; refs: Map<string, string> };

export const emptyStore = (): StoreData => ({ objects: new Map(), refs: new Map() });

/** What the store asks of the two maps, so that something else than memory may keep them. */
export type Kept = {
  objects: Pick<Map<string, StoredObject>, "get" | "has" | "keys"> & {
    set(sha: string, object: StoredObject): unknown;
  };
  refs: Pick<Map<string, string>, "get" | "entries"> & {
    set(name: string, sha: string): unknown;
    delete(name: string): unknown;
  };
};

/** Lines of both sides, multiplied: above it the table of a comparison is too large, and git is quick. */
const LARGEST_TABLE = 1_000_000;

/**
 * The object store over plain data, with git's own bytes, so that the SHAs are git's. Renames are not looked for, and files are merged whole:
 * where git could see more than that, `whereUnsure` says whether the store decides all the same or leaves it to git.
 */
export function createMemoryStore(
  { objects, refs }: Kept,
  whereUnsure: "decide" | "ask git" = "decide",
): ObjectStore {
  write("tree", Buffer.alloc(0));

  function write(type: StoredObject["type"], content: Buffer): string {
    const sha = createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");
    if (!objects.has(sha)) objects.set(sha, { type, content });
    return sha;
  }

  function get(sha: string, type: StoredObject["type"]): Buffer {
    const found = objects.get(sha);
    if (found?.type !== type)
      throw new GitError(["cat-file", type, sha], 128, `Not a valid object name ${sha}`);
    return found.content;
  }

  /** A SHA, a branch, a tag or a full ref, as the SHA of an object. */
  function shaOf(name: string): string | null {
    const bare = name.replace(/\^\{\w*\}$/, "");
    if (isSha(bare)) return objects.has(bare) ? bare : null;
    if (/^[0-9a-f]{7,39}$/.test(bare)) {
      const fitting = [...objects.keys()].filter((sha) => sha.startsWith(bare));
      if (fitting.length === 1) return fitting[0] ?? null;
    }
    return (
      refs.get(bare) ??
      refs.get(`refs/heads/${bare}`) ??
      refs.get(`refs/tags/${bare}`) ??
      refs.get(`refs/${bare}`) ??
      null
    );
  }

  /** What an annotated tag names, through any number of them. */
  function peel(sha: string | null): string | null {
    const found = sha === null ? undefined : objects.get(sha);
    return found?.type === "tag" ? peel(found.content.toString("utf8", 7, 47)) : sha;
  }

  function commit(name: string): Commit {
    const sha = peel(shaOf(name));
    if (sha === null) throw new GitError(["rev-parse", name], 128, `bad revision '${name}'`);
    return parseCommit(sha, get(sha, "commit").toString("utf8"));
  }

  function treeOf(treeish: string): string {
    const sha = peel(shaOf(treeish)) ?? treeish;
    return objects.get(sha)?.type === "commit" ? commit(sha).tree : sha;
  }

  const step = (sha: string) => {
    const { parents, committer } = commit(sha);
    return { sha, parents, at: committer.at.getTime() };
  };
  const entriesOf = (tree: string): Entry[] => parseTree(get(tree, "tree"));
  const filesOf = (treeish: string): Map<string, File> => flatten(entriesOf, treeOf(treeish));
  const blobOf = (sha: string) => get(sha, "blob");
  const writeEntries = (entries: readonly Entry[]) => write("tree", encodeTree(entries));

  function list(tree: string, recursive: boolean, prefix = ""): TreeEntry[] {
    return entriesOf(tree).flatMap(({ mode, name, sha }): TreeEntry[] => {
      const type = mode === "040000" ? "tree" : mode === "160000" ? "commit" : "blob";
      const size = type === "blob" ? blobOf(sha).length : null;
      const entry = { mode, type, sha, size, path: prefix + name };
      return type === "tree" && recursive ? [entry, ...list(sha, true, `${prefix}${name}/`)] : [entry];
    });
  }

  function changed(files: Map<string, File>, { path, mode, sha }: TreeChange): void {
    if (sha === null || mode === "040000") {
      for (const known of [...files.keys()])
        if (known === path || known.startsWith(`${path}/`)) files.delete(known);
    }
    if (sha === null) return;
    if (mode === "040000") for (const [inner, file] of filesOf(sha)) files.set(`${path}/${inner}`, file);
    else {
      if (mode !== "160000") blobOf(sha);
      files.set(path, { mode, sha });
    }
  }

  /** A file that went while another came may have been renamed, and long files take git's way of comparing. */
  function mayCompare(pairs: readonly Pair[]): boolean {
    if (whereUnsure === "decide") return true;
    const lines = (file: File | null) =>
      file === null || file.mode === "160000" ? 1 : blobOf(file.sha).toString("latin1").split("\n").length;
    const isMove = pairs.some(({ before }) => before === null) && pairs.some(({ after }) => after === null);
    return !isMove && pairs.every(({ before, after }) => lines(before) * lines(after) <= LARGEST_TABLE);
  }

  return {
    objectType: (sha) => objects.get(sha)?.type ?? null,
    write,
    read: (name, type) => get(shaOf(name) ?? name, type),
    readTree: (treeish, recursive) => list(treeOf(treeish), recursive),
    writeTree(base, changes) {
      const files = base === null ? new Map<string, File>() : filesOf(base);
      for (const change of changes) changed(files, change);
      return buildTree(files, writeEntries);
    },
    treeOf,
    refs: () =>
      [...refs.entries()]
        .map(([name, sha]) => ({ name, sha, type: objects.get(sha)?.type ?? "commit" }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    moveRef(name, to, from) {
      if ((refs.get(name) ?? null) !== from) return false;
      // Git keeps refs as files: `a` and `a/b` cannot both be.
      const inTheWay = [...refs.entries()].some(
        ([other]) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`),
      );
      if (to !== null && (inTheWay || !objects.has(to))) return false;
      if (to === null) refs.delete(name);
      else refs.set(name, to);
      return true;
    },
    setRef: (name, to) => void refs.set(name, to),
    resolveCommit(name) {
      const sha = peel(shaOf(name));
      return sha !== null && objects.get(sha)?.type === "commit" ? sha : null;
    },
    commitsBetween(from, to, limit) {
      const known = from === null ? new Set<string>() : reachable(step, commit(from).sha);
      const fresh = [...reachable(step, commit(to).sha)].filter((sha) => !known.has(sha));
      return newestFirst(step, new Set(fresh)).slice(0, limit);
    },
    commitsOf(from, path, limit) {
      const all = newestFirst(step, reachable(step, commit(from).sha));
      const at = (sha: string | undefined) =>
        sha === undefined ? null : (filesOf(sha).get(path ?? "")?.sha ?? null);
      const touching = path === null ? all : all.filter((sha) => at(sha) !== at(commit(sha).parents[0]));
      return touching.slice(0, limit);
    },
    mergeBase: (one, other) => commonAncestor(step, commit(one).sha, commit(other).sha),
    isAncestor: (ancestor, descendant) => reachable(step, commit(descendant).sha).has(commit(ancestor).sha),
    mergeTrees(ours, theirs) {
      const common = commonAncestor(step, commit(ours).sha, commit(theirs).sha);
      const [base, mine, other] = [common ?? EMPTY_TREE, ours, theirs].map(filesOf);
      if (!base || !mine || !other) return { tree: null };
      const merged = new Map(mine);
      for (const { path, after } of pairsOf(base, other)) {
        const isUntouched = mine.get(path)?.sha === base.get(path)?.sha;
        if (!isUntouched && mine.get(path)?.sha !== after?.sha)
          return whereUnsure === "decide" ? { tree: null } : null;
        if (after === null) merged.delete(path);
        else merged.set(path, after);
      }
      return { tree: buildTree(merged, writeEntries) };
    },
    changedNames: (from, to) => pairsOf(filesOf(from), filesOf(to)).map(({ path }) => path),
    changedFiles(from, to) {
      const pairs = pairsOf(filesOf(from), filesOf(to));
      return mayCompare(pairs) ? pairs.map((pair) => changedFileOf(pair, blobOf)) : null;
    },
    unifiedDiff(from, to) {
      const pairs = pairsOf(filesOf(from), filesOf(to));
      return mayCompare(pairs) ? Buffer.from(pairs.map((pair) => diffOf(pair, blobOf)).join("")) : null;
    },
  };
}
