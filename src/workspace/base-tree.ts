import { createHash } from "node:crypto";
import type { Git } from "./git.ts";
import { isRelativePath } from "./relative-path.ts";

interface BaseFile {
  mode: "100644" | "100755";
  /** blob id in the repository's object store */
  blob: string;
}

export interface BaseTree {
  /** regular files by path, in git's order; symlinks, submodules and names no tool accepts are not among them */
  files: ReadonlyMap<string, BaseFile>;
  /** symlinks by path, with the blob that holds their target */
  links: ReadonlyMap<string, string>;
  /** paths of submodules */
  submodules: ReadonlySet<string>;
}

/** What the base commit holds, read from objects. */
export async function readBaseTree(git: Git, gitDir: string, sha: string): Promise<BaseTree> {
  const listing = await git(["ls-tree", "-r", "-z", "--full-tree", sha], { gitDir });
  const files = new Map<string, BaseFile>();
  const links = new Map<string, string>();
  const submodules = new Set<string>();
  for (const line of listing.toString("utf8").split("\0")) {
    const entry = /^(\d{6}) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line);
    const [, mode = "", type, blob = "", path = ""] = entry ?? [];
    if (!entry || path.includes("\uFFFD") || !isRelativePath(path)) continue;
    if (type === "blob" && mode.startsWith("100")) {
      files.set(path, { mode: mode === "100755" ? "100755" : "100644", blob });
    } else if (type === "blob") links.set(path, blob);
    else submodules.add(path);
  }
  return { files, links, submodules };
}

/** The id that git gives to a blob of this content. */
export function blobId(content: Uint8Array): string {
  return createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
}
