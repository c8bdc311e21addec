import { storeAt } from "./object-store.ts";
import { readRef } from "./refs.ts";
import { git, gitText, tryGit } from "./run.ts";

/** Shas reachable from `to` and not from `from`, newest first; `from: null` gives all of them. */
export async function commitsBetween(
  gitDir: string,
  from: string | null,
  to: string,
  limit = 10_000,
): Promise<string[]> {
  const store = storeAt(gitDir);
  if (store) return store.commitsBetween(from, to, limit);
  const range = from === null ? [to] : [to, `^${from}`];
  const text = await gitText(gitDir, ["rev-list", `--max-count=${limit}`, "--topo-order", ...range, "--"]);
  return text === "" ? [] : text.split("\n");
}

/** Commits that touch a path, newest first. */
export async function commitsOf(
  gitDir: string,
  from: string,
  path: string | null,
  limit = 10_000,
): Promise<string[]> {
  const store = storeAt(gitDir);
  if (store) return store.commitsOf(from, path, limit);
  const filter = path === null ? ["--"] : ["--", `:(top,literal)${path}`];
  const text = await gitText(gitDir, ["rev-list", `--max-count=${limit}`, from, ...filter]);
  return text === "" ? [] : text.split("\n");
}

export async function mergeBase(gitDir: string, one: string, other: string): Promise<string | null> {
  const store = storeAt(gitDir);
  if (store) return store.mergeBase(one, other);
  const result = await tryGit([`--git-dir=${gitDir}`, "merge-base", one, other]);
  return result.code === 0 ? result.out.toString("utf8").trim() : null;
}

export async function isAncestor(gitDir: string, ancestor: string, descendant: string): Promise<boolean> {
  const store = storeAt(gitDir);
  if (store) return store.isAncestor(ancestor, descendant);
  return (
    (await tryGit([`--git-dir=${gitDir}`, "merge-base", "--is-ancestor", ancestor, descendant])).code === 0
  );
}

export async function aheadBehind(
  gitDir: string,
  base: string,
  head: string,
): Promise<{ ahead: number; behind: number }> {
  if (storeAt(gitDir)) {
    const counted = await Promise.all([
      commitsBetween(gitDir, base, head),
      commitsBetween(gitDir, head, base),
    ]);
    return { ahead: counted[0].length, behind: counted[1].length };
  }
  const text = await gitText(gitDir, ["rev-list", "--left-right", "--count", `${base}...${head}`, "--"]);
  const [behind = "0", ahead = "0"] = text.split(/\s+/);
  return { ahead: Number(ahead), behind: Number(behind) };
}

/** The tree of the merge of two commits, or null when they conflict. */
export async function mergeTrees(gitDir: string, ours: string, theirs: string): Promise<string | null> {
  const merged = storeAt(gitDir)?.mergeTrees(ours, theirs);
  if (merged) return merged.tree;
  const result = await tryGit([
    `--git-dir=${gitDir}`,
    "merge-tree",
    "--write-tree",
    "--no-messages",
    ours,
    theirs,
  ]);
  return result.code === 0 ? (result.out.toString("utf8").split("\n")[0] ?? null) : null;
}

/** The commit that a name stands for: a SHA, a short SHA, a branch, a tag or a full ref. Null when there is none. */
export async function resolveCommit(gitDir: string, name: string): Promise<string | null> {
  if (name === "" || name.startsWith("-") || /[\s~^:?*[\\]|\.\.|@\{/.test(name)) return null;
  const store = storeAt(gitDir);
  if (store) return store.resolveCommit(name);
  const full = name.startsWith("refs/")
    ? [name]
    : [`refs/heads/${name}`, `refs/tags/${name}`, `refs/${name}`];
  const candidates = /^[0-9a-f]{7,40}$/.test(name) ? [name, ...full] : full;
  if (name === "HEAD") candidates.unshift("HEAD");
  for (const candidate of candidates) {
    const ref = candidate.startsWith("refs/") ? await readRef(gitDir, candidate) : null;
    if (ref?.type === "commit") return ref.sha;
    if (ref === null && candidate.startsWith("refs/")) continue;
    const result = await tryGit([
      `--git-dir=${gitDir}`,
      "rev-parse",
      "--verify",
      "--quiet",
      `${candidate}^{commit}`,
    ]);
    if (result.code === 0) return result.out.toString("utf8").trim();
  }
  return null;
}

/** Names of files that differ between two trees. */
export async function changedNames(gitDir: string, from: string, to: string): Promise<string[]> {
  const store = storeAt(gitDir);
  if (store) return store.changedNames(from, to);
  const out = await git(gitDir, ["diff-tree", "-r", "-z", "--no-renames", "--name-only", from, to]);
  return out.toString("utf8").split("\0").filter(Boolean);
}
