import type { ChangeSet } from "../run/change.ts";
import type { Clash } from "../run/clash.ts";
import type { BaseTree } from "./base-tree.ts";
import { type ChangeJournal, createChangeJournal, parentsOf } from "./change-journal.ts";

/** Three commits: the newest that both sides have, ours, and the tip of the base. */
export interface Sides<T> {
  before: T;
  ours: T;
  base: T;
}

/** Our change as it is against the tip of the base, and where the two do not fit. */
export interface CarriedOver {
  changes: ChangeSet;
  contents: ReadonlyMap<string, Uint8Array>;
  clashes: readonly Clash[];
}

export interface FileMerge {
  /** by blob id */
  read(blob: string): Promise<Uint8Array>;
  /** a three-way merge of one file, with markers where it `clashes`; null when it is not text */
  mergeText(sides: Sides<Uint8Array>): Promise<{ bytes: Uint8Array; clashes: boolean } | null>;
}

/**
 * What we changed, on a newer base: files that only we touched are as we have them, files that both touched are merged. Where that fails they
 * stay as the base has them, and the clash says so. Renames are not followed: a file that the base moved counts as deleted there.
 */
export async function carryOver(trees: Sides<BaseTree>, merge: FileMerge): Promise<CarriedOver> {
  const { before, ours, base } = trees;
  const journal = createChangeJournal(base);
  const clashes: Clash[] = [];
  for (const path of [...new Set([...before.files.keys(), ...ours.files.keys()])].sort()) {
    const files = { before: before.files.get(path), ours: ours.files.get(path), base: base.files.get(path) };
    if (isSame(files.before, files.ours) || isSame(files.ours, files.base)) continue;
    const clash = await carryFile(path, files, { journal, base, merge });
    if (clash) clashes.push({ path, kind: clash });
  }
  const changes = journal.changes();
  const contents = new Map<string, Uint8Array>();
  for (const change of changes) {
    const content = change.kind === "write" ? journal.contentOf(change.digest) : undefined;
    if (change.kind === "write" && content) contents.set(change.digest, content);
  }
  return { changes, contents, clashes };
}

type File = { mode: "100644" | "100755"; blob: string } | undefined;

function isSame(a: File, b: File): boolean {
  return a?.mode === b?.mode && a?.blob === b?.blob;
}

async function carryFile(
  path: string,
  files: Sides<File>,
  { journal, base, merge }: { journal: ChangeJournal; base: BaseTree; merge: FileMerge },
): Promise<Clash["kind"] | null> {
  const { before, ours } = files;
  const onlyOurs = isSame(before, files.base);
  if (!ours) {
    if (!onlyOurs) return "we_deleted";
    journal.removed(path);
    return null;
  }
  if (!files.base && isInTheWay(path, base)) return "in_the_way";
  if (onlyOurs) {
    journal.wrote(path, await merge.read(ours.blob), ours.mode);
    return null;
  }
  if (!files.base) return "base_deleted";
  const merged = await merge.mergeText({
    before: before ? await merge.read(before.blob) : new Uint8Array(),
    ours: await merge.read(ours.blob),
    base: await merge.read(files.base.blob),
  });
  if (!merged) return "not_text";
  journal.wrote(path, merged.bytes, before?.mode === ours.mode ? files.base.mode : ours.mode);
  return merged.clashes ? "both_changed" : null;
}

/** The base has a directory, a link or a submodule of this name, or a file where a directory would have to be. */
function isInTheWay(path: string, { files, links, submodules }: BaseTree): boolean {
  const isTaken = (name: string) => links.has(name) || submodules.has(name);
  if (isTaken(path) || parentsOf(path).some((parent) => files.has(parent) || isTaken(parent))) return true;
  return [...files.keys(), ...links.keys(), ...submodules].some((name) => name.startsWith(`${path}/`));
}
