import { chmod, lchown, lstat, mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BaseTree } from "./base-tree.ts";
import { type ChangeJournal, parentsOf } from "./change-journal.ts";
import type { Git } from "./git.ts";
import { type Owner, writeFileInside } from "./safe-file.ts";

interface Place {
  root: string;
  base: BaseTree;
  gitDir: string;
  git: Git;
  owner?: Owner | undefined;
}

/**
 * Remembers how the repository's files stand, and puts back what was touched since. Told by inode and time of change, which
 * nobody but the kernel can set: reading thousands of files again would take seconds. Untrusted code must have ended when
 * `takeBack` is called; it returns the paths that it put back.
 */
export async function createLoan(
  place: Place,
  journal: ChangeJournal,
): Promise<{ takeBack(): Promise<readonly string[]> }> {
  const paths = [
    ...journal.files(),
    ...[...place.base.links.keys()].filter((path) => journal.modeOf(path) === null),
  ];
  const before = await signatures(place.root, paths);
  return {
    async takeBack() {
      const parents = [...new Set(paths.flatMap(parentsOf))];
      for (const parent of parents) await mustBeDirectory(join(place.root, parent));
      const after = await signatures(place.root, paths);
      const touched = paths.filter((path) => before.get(path) !== after.get(path));
      for (const path of touched) await putBack(place, journal, path);
      return touched;
    },
  };
}

async function signatures(root: string, paths: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const portion = 500;
  for (let from = 0; from < paths.length; from += portion) {
    await Promise.all(
      paths.slice(from, from + portion).map(async (path) => {
        const facts = await lstat(join(root, path), { bigint: true }).catch(() => null);
        found.set(
          path,
          facts ? [facts.ino, facts.ctimeNs, facts.size, facts.mode, facts.nlink].join(" ") : "gone",
        );
      }),
    );
  }
  return found;
}

/** A link in place of a directory would lead elsewhere: it goes, and the files below it are put back one by one. A closed one is opened. */
async function mustBeDirectory(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => null);
  if (facts && !facts.isDirectory()) await rm(path, { force: true });
  else if (facts && (facts.mode & 0o700) !== 0o700) await chmod(path, 0o755);
}

async function putBack(place: Place, journal: ChangeJournal, path: string): Promise<void> {
  await rm(join(place.root, path), { recursive: true, force: true });
  const link = place.base.links.get(path);
  if (link !== undefined && journal.modeOf(path) === null) {
    const target = await place.git(["cat-file", "blob", link], { gitDir: place.gitDir });
    const made = await mkdir(dirname(join(place.root, path)), { recursive: true });
    if (made !== undefined && place.owner) await lchown(made, place.owner.uid, place.owner.gid);
    await symlink(target, join(place.root, path));
    if (place.owner) await lchown(join(place.root, path), place.owner.uid, place.owner.gid);
    return;
  }
  await writeFileInside(place.root, path, await contentOf(place, journal, path), {
    executable: journal.modeOf(path) === "100755",
    owner: place.owner,
  });
}

async function contentOf(place: Place, journal: ChangeJournal, path: string): Promise<Uint8Array> {
  const change = journal.changes().find((each) => each.path === path);
  if (change?.kind === "write") {
    const content = journal.contentOf(change.digest);
    if (content) return content;
  }
  const file = place.base.files.get(path);
  if (!file) throw new Error(`The content of ${path} is not at hand.`);
  return place.git(["cat-file", "blob", file.blob], { gitDir: place.gitDir });
}
