import { GitError } from "./run.ts";

/** An entry of one tree object: `mode` in six digits, `name` without slashes. */
export type Entry = { mode: string; name: string; sha: string };

/** The bytes of a tree object. Git sorts a directory as if its name ended in a slash. */
export function encodeTree(entries: readonly Entry[]): Buffer {
  const key = (entry: Entry) => Buffer.from(entry.mode === "040000" ? `${entry.name}/` : entry.name);
  const sorted = [...entries].sort((a, b) => Buffer.compare(key(a), key(b)));
  return Buffer.concat(
    sorted.flatMap((entry) => [
      Buffer.from(`${entry.mode.replace(/^0/, "")} ${entry.name}\0`),
      Buffer.from(entry.sha, "hex"),
    ]),
  );
}

export function parseTree(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const zero = bytes.indexOf(0, space);
    entries.push({
      mode: bytes.toString("utf8", at, space).padStart(6, "0"),
      name: bytes.toString("utf8", space + 1, zero),
      sha: bytes.toString("hex", zero + 1, zero + 21),
    });
    at = zero + 21;
  }
  return entries;
}

/** A file of a tree, by its whole path. */
export type File = { mode: string; sha: string };

/** All files below a tree, by path, in git's order. */
export function flatten(read: (sha: string) => Entry[], tree: string, prefix = ""): Map<string, File> {
  const files = new Map<string, File>();
  for (const { mode, name, sha } of read(tree)) {
    if (mode !== "040000") files.set(prefix + name, { mode, sha });
    else for (const [path, file] of flatten(read, sha, `${prefix}${name}/`)) files.set(path, file);
  }
  return files;
}

/** The tree of these files, written from the leaves up. A path that is both a file and a directory is refused, as git does. */
export function buildTree(
  files: ReadonlyMap<string, File>,
  write: (entries: readonly Entry[]) => string,
): string {
  const entries: Entry[] = [];
  const folders = new Map<string, Map<string, File>>();
  for (const [path, file] of files) {
    const slash = path.indexOf("/");
    if (slash === -1) {
      entries.push({ name: path, ...file });
      continue;
    }
    const folder = path.slice(0, slash);
    folders.set(folder, (folders.get(folder) ?? new Map()).set(path.slice(slash + 1), file));
  }
  for (const [name, inside] of folders) {
    if (entries.some((entry) => entry.name === name))
      throw new GitError(["write-tree"], 128, `'${name}' appears as both a file and as a directory`);
    entries.push({ mode: "040000", name, sha: buildTree(inside, write) });
  }
  return write(entries);
}
