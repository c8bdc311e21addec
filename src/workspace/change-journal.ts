import { createHash } from "node:crypto";
import type { ChangeSet, FileChange } from "../run/change.ts";
import { type BaseTree, blobId } from "./base-tree.ts";

/** What was changed against the base commit, known because every change goes through here, never by looking at the directory. */
export interface ChangeJournal {
  wrote(path: string, content: Uint8Array, mode: "100644" | "100755"): void;
  removed(path: string): void;
  /** takes the whole of another change set, with its contents by digest */
  replace(changes: ChangeSet, contents: ReadonlyMap<string, Uint8Array>): void;
  changes(): ChangeSet;
  contentOf(digest: string): Uint8Array | undefined;
  /** mode of a file as it stands now; null when there is no such file in base plus changes */
  modeOf(path: string): "100644" | "100755" | null;
  /** all files of base plus changes, sorted */
  files(): readonly string[];
  /** does base plus changes have a file below this directory? */
  hasDirectory(path: string): boolean;
}

export function createChangeJournal(base: BaseTree): ChangeJournal {
  let entries = new Map<string, FileChange>();
  let sorted: ChangeSet | null = null;
  let files: readonly string[] | null = null;
  let directories: ReadonlySet<string> | null = null;
  const contents = new Map<string, Uint8Array>();

  const changed = () => {
    sorted = null;
    files = null;
    directories = null;
  };
  const listFiles = () => {
    files ??= [
      ...[...base.files.keys()].filter((path) => !entries.has(path)),
      ...[...entries.values()].filter((entry) => entry.kind === "write").map((entry) => entry.path),
    ].sort();
    return files;
  };

  return {
    wrote(path, content, mode) {
      changed();
      const old = base.files.get(path);
      if (old?.mode === mode && old.blob === blobId(content)) {
        entries.delete(path);
        return;
      }
      const digest = digestOf(content);
      contents.set(digest, content);
      entries.set(path, { kind: "write", path, mode, digest, bytes: content.length });
    },
    removed(path) {
      changed();
      if (base.files.has(path)) entries.set(path, { kind: "delete", path });
      else entries.delete(path);
    },
    replace(changes, loaded) {
      changed();
      entries = new Map(changes.map((change) => [change.path, change]));
      for (const [digest, content] of loaded) contents.set(digest, content);
    },
    changes() {
      sorted ??= [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
      return sorted;
    },
    contentOf: (digest) => contents.get(digest),
    modeOf(path) {
      const entry = entries.get(path);
      if (entry) return entry.kind === "write" ? entry.mode : null;
      return base.files.get(path)?.mode ?? null;
    },
    files: listFiles,
    hasDirectory(path) {
      directories ??= new Set(listFiles().flatMap(parentsOf));
      return directories.has(path);
    },
  };
}

/** SHA-256 in hexadecimal digits: how contents are named in events and blobs. */
export function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** `a/b/c` → `a`, `a/b` */
export function parentsOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}
