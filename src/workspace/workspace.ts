import type { ChangeSet } from "../run/change.ts";

/**
 * The checkout in which one run works: a plain directory without `.git`, made from the base commit.
 * All writing goes through it, so its change set is the tools' own journal and git never has to look at the tree.
 * Paths are relative to the root, with `/`. Each method refuses what leaves the root, passes a symlink, or is not a regular file
 * by throwing `PathRefused` with a sentence for the model.
 */
export interface Workspace {
  readonly root: string;
  readonly baseSha: string;
  /** null when there is no such file */
  read(path: string): Promise<FileContent | null>;
  write(path: string, content: Uint8Array, options?: { mode?: "100644" | "100755" }): Promise<void>;
  remove(path: string): Promise<void>;
  /** tracked and new files below `path` (all when empty), sorted, read from the base tree and the journal and not from the disk */
  list(path?: string): Promise<readonly string[]>;
  /** everything changed so far, against the base; content of each written file by digest */
  changes(): ChangeSet;
  contentOf(digest: string): Uint8Array | undefined;
  /** back to base plus exactly these changes; `load` fetches a content by digest */
  restore(changes: ChangeSet, load: (digest: string) => Promise<Uint8Array>): Promise<void>;
  /**
   * Lets untrusted code write into the directory while `work` lasts (installing dependencies). What it adds stays on the disk and out of the
   * change set; every file of the repository that it touched is put back, and named in `restored`.
   */
  lend<T>(work: () => Promise<T>): Promise<{ result: T; restored: readonly string[] }>;
  /** git tree SHA of base plus changes, and the unified diff from the base; made from objects, never from the directory */
  snapshot(): Promise<{ tree: string; patch: string }>;
  dispose(): Promise<void>;
}

interface FileContent {
  bytes: Uint8Array;
  mode: "100644" | "100755";
  /** SHA-256 */
  digest: string;
}

/** The path may not be touched; `message` tells the model why and what to do instead. */
export class PathRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PathRefused";
  }
}
