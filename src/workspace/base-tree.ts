import { createHash } from "node:crypto";
import type { Git } from "./git.ts";
import { isRelativePath } from "./relative-path.ts";

export interface BaseFile {
  mode: "100644" | "100755";
  /** blob id in the repository's object store */
  blob: string;
}

export interface BaseTree {
  /** regular files by path, in git's order; symlinks, submodules and names no tool accepts are not among them */
  files: ReadonlyMap<string, BaseFile>;
  /** paths that are something else: symlinks and submodules */
  others: ReadonlySet<string>;
}

/** What the base commit holds, read from objects. */
export async function readBaseTree(git: Git, gitDir: string, sha: string): Promise<BaseTree> {
  const listing = await git(["ls-tree", "-r", "-z", "--full-tree", sha], { gitDir });
  const files = new Map<string, BaseFile>();
  const others = new Set<string>();
  for (const line of listing.toString("utf8").split("\0")) {
    const entry = /^(\d{6}) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line);
    const [, mode = "", type, blob = "", path = ""] = entry ?? [];
    if (!entry || path.includes("\uFFFD") || !isRelativePath(path)) continue;
    if (type === "blob" && mode.startsWith("100")) {
      files.set(path, { mode: mode === "100755" ? "100755" : "100644", blob });
    } else others.add(path);
  }
  return { files, others };
}

/** The id that git gives to a blob of this content. */
export function blobId(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
