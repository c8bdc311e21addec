import { changedFiles } from "./diff.ts";
import { commitsBetween, mergeBase, mergeTrees } from "./history.ts";
import type { ChangedFile } from "./object-store.ts";
import { EMPTY_TREE } from "./objects.ts";

/** What a pull request is made of, seen from git. */
export type MergeView = {
  mergeBase: string | null;
  /** newest first */
  commits: string[];
  files: ChangedFile[];
  /** the tree that merging would give; null when the two conflict */
  mergedTree: string | null;
};

const known = new Map<string, Promise<MergeView>>();

/** Two commits never change, so neither does this: it is computed once for each pair. */
export function viewMerge(gitDir: string, base: string, head: string): Promise<MergeView> {
  const key = `${gitDir} ${base} ${head}`;
  const cached = known.get(key);
  if (cached !== undefined) return cached;
  const fresh = compute(gitDir, base, head);
  known.set(key, fresh);
  // A failure (a commit that is gone) must not be remembered.
  fresh.catch(() => known.delete(key));
  if (known.size > 200) known.delete(known.keys().next().value ?? key);
  return fresh;
}

async function compute(gitDir: string, base: string, head: string): Promise<MergeView> {
  const common = await mergeBase(gitDir, base, head);
  const [commits, files, mergedTree] = await Promise.all([
    commitsBetween(gitDir, base, head),
    changedFiles(gitDir, common ?? EMPTY_TREE, head),
    common === null ? null : mergeTrees(gitDir, base, head),
  ]);
  return { mergeBase: common, commits, files, mergedTree };
}
