import type { ChangeSet, FileChange } from "../run/change.ts";
import type { BaseTree } from "./base-tree.ts";
import type { Git } from "./git.ts";
import { relativePath } from "./relative-path.ts";
import { type Owner, removeFileInside, writeFileInside } from "./safe-file.ts";

interface Target {
  path: string;
  content: Uint8Array;
  executable: boolean;
}

/** Brings the directory from base plus `from` to base plus `to`. Everything is fetched before the first file is touched. */
export async function restoreFiles(
  place: { root: string; base: BaseTree; gitDir: string; git: Git; owner?: Owner | undefined },
  from: ChangeSet,
  to: ChangeSet,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const present = new Map<string, FileChange>(from.map((change) => [change.path, change]));
  const wanted = new Map<string, FileChange>(to.map((change) => [relativePath(change.path), change]));
  const removals: string[] = [];
  const writes: Target[] = [];
  for (const path of new Set([...present.keys(), ...wanted.keys()])) {
    const change = wanted.get(path);
    if (change && isSame(change, present.get(path))) continue;
    const target = change ? fromChange(change, contents) : await fromBase(place, path);
    if (target) writes.push(target);
    else removals.push(path);
  }
  // Removals first: a directory may take the name of a file that goes, and the other way round.
  for (const path of removals) await removeFileInside(place.root, path);
  for (const { path, content, executable } of writes) {
    await writeFileInside(place.root, path, content, { executable, owner: place.owner });
  }
}

function isSame(a: FileChange, b: FileChange | undefined): boolean {
  if (a.kind === "delete" || b?.kind !== "write") return a.kind === b?.kind;
  return a.digest === b.digest && a.mode === b.mode;
}

function fromChange(change: FileChange, contents: ReadonlyMap<string, Uint8Array>): Target | null {
  if (change.kind === "delete") return null;
  const content = contents.get(change.digest);
  if (!content) throw new Error(`The content of ${change.path} is not at hand.`);
  return { path: change.path, content, executable: change.mode === "100755" };
}

async function fromBase(
  place: { base: BaseTree; gitDir: string; git: Git },
  path: string,
): Promise<Target | null> {
  const file = place.base.files.get(path);
  if (!file) return null;
  const content = await place.git(["cat-file", "blob", file.blob], { gitDir: place.gitDir });
  return { path, content, executable: file.mode === "100755" };
}
