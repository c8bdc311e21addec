export type Ref = { name: string; sha: string; type: string };

export type TreeEntry = { mode: string; type: string; sha: string; size: number | null; path: string };

/** One entry of a new tree; `sha: null` takes the path out. */
export type TreeChange = { path: string; mode: string; sha: string | null };

export type ChangedFile = {
  path: string;
  previousPath: string | null;
  status: "added" | "removed" | "modified" | "renamed" | "copied" | "changed" | "unchanged";
  additions: number;
  deletions: number;
  /** blob of the new side, or of the old side for a removed file */
  sha: string;
  /** hunks without the file header; null for binary files and pure renames */
  patch: string | null;
};

/**
 * One repository's objects and refs, without git: in memory where thousands of short lives are played through, else in the files of a
 * bare repository. The functions of this folder ask for one before they start git; null for what only git can answer.
 */
export type ObjectStore = {
  objectType: (sha: string) => string | null;
  write: (type: "blob" | "tree" | "commit", content: Buffer) => string;
  /** throws `GitError` when there is no such object */
  read: (name: string, type: "blob" | "commit") => Buffer;
  readTree: (treeish: string, recursive: boolean) => TreeEntry[];
  writeTree: (base: string | null, changes: readonly TreeChange[]) => string;
  treeOf: (treeish: string) => string;
  refs: () => Ref[];
  moveRef: (name: string, to: string | null, from: string | null) => boolean;
  setRef: (name: string, to: string) => void;
  resolveCommit: (name: string) => string | null;
  commitsBetween: (from: string | null, to: string, limit: number) => string[];
  commitsOf: (from: string, path: string | null, limit: number) => string[];
  mergeBase: (one: string, other: string) => string | null;
  isAncestor: (ancestor: string, descendant: string) => boolean;
  /** `tree` null when the two conflict */
  mergeTrees: (ours: string, theirs: string) => { tree: string | null } | null;
  changedNames: (from: string, to: string) => string[];
  changedFiles: (from: string, to: string) => ChangedFile[] | null;
  unifiedDiff: (from: string, to: string) => Buffer | null;
};

const open = new Map<string, ObjectStore>();

/** From now on this name, given as a repository's `gitDir`, means the store; null closes it. */
export function mountStore(gitDir: string, store: ObjectStore | null): void {
  if (store === null) open.delete(gitDir);
  else open.set(gitDir, store);
}

export const storeAt = (gitDir: string): ObjectStore | undefined => open.get(gitDir);
