import { join } from "node:path";
import type { ChangeSet } from "../run/change.ts";
import type { BaseTree } from "./base-tree.ts";
import { type ChangeJournal, createChangeJournal, digestOf, parentsOf } from "./change-journal.ts";
import type { Git } from "./git.ts";
import { createLoan } from "./loan.ts";
import { relativePath } from "./relative-path.ts";
import { restoreFiles } from "./restore-files.ts";
import { kindInside, type Owner, readFileInside, removeFileInside, writeFileInside } from "./safe-file.ts";
import { snapshotOf } from "./snapshot.ts";
import { PathRefused, type Workspace } from "./workspace.ts";

export interface Checkout {
  /** the directory with the files; `home` is beside it and ours alone */
  root: string;
  home: string;
  base: BaseTree;
  baseSha: string;
  gitDir: string;
  git: Git;
  owner?: Owner;
  dispose: () => Promise<void>;
}

/** The `Workspace` over a materialised directory. */
export function createDirectoryWorkspace(checkout: Checkout): Workspace {
  const { root, base, baseSha, gitDir, git, owner } = checkout;
  const journal = createChangeJournal(base);
  let snapshots = 0;
  return {
    root,
    baseSha,
    async read(asked) {
      const path = relativePath(asked);
      const file = await readFileInside(root, path);
      if (!file) return null;
      if (isBinary(file.bytes))
        throw new PathRefused(`${path} is a binary file (${file.bytes.length} bytes); only text is read.`);
      const mode = journal.modeOf(path) ?? (file.executable ? "100755" : "100644");
      return { bytes: file.bytes, mode, digest: digestOf(file.bytes) };
    },
    async write(asked, content, options) {
      const path = relativePath(asked);
      await refuseUnlessOurs(root, base, journal, path);
      const mode = options?.mode ?? journal.modeOf(path) ?? "100644";
      const bytes = Uint8Array.from(content);
      await writeFileInside(root, path, bytes, { executable: mode === "100755", owner });
      journal.wrote(path, bytes, mode);
    },
    async remove(asked) {
      const path = relativePath(asked);
      if (journal.modeOf(path) === null) throw new PathRefused(`${path} is not a file of the repository.`);
      await removeFileInside(root, path);
      journal.removed(path);
    },
    async list(asked) {
      const files = journal.files();
      if (asked === undefined || asked === "" || asked === "." || asked === "./") return files;
      const path = relativePath(asked);
      return files.filter((file) => file === path || file.startsWith(`${path}/`));
    },
    changes: () => journal.changes(),
    contentOf: (digest) => journal.contentOf(digest),
    async restore(changes, load) {
      const contents = await loadAll(changes, load);
      await restoreFiles({ root, base, gitDir, git, owner }, journal.changes(), changes, contents);
      journal.replace(changes, contents);
    },
    async lend(work) {
      const loan = await createLoan({ root, base, gitDir, git, owner }, journal);
      try {
        const result = await work();
        return { result, restored: await loan.takeBack() };
      } catch (error) {
        await loan.takeBack();
        throw error;
      }
    },
    snapshot() {
      snapshots += 1;
      const indexFile = join(checkout.home, `snapshot-${snapshots}`);
      return snapshotOf(git, {
        gitDir,
        indexFile,
        baseSha,
        changes: journal.changes(),
        contentOf: (digest) => journal.contentOf(digest),
      });
    },
    dispose: checkout.dispose,
  };
}

/** Git's own rule for "binary": a zero byte near the beginning. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8_000).includes(0);
}

/** What set-up made (node_modules, a build directory) lies in the directory but is no content: writing there would be lost or published by mistake. */
async function refuseUnlessOurs(
  root: string,
  base: BaseTree,
  journal: ChangeJournal,
  path: string,
): Promise<void> {
  if (journal.modeOf(path) !== null) return;
  if (base.links.has(path) || base.submodules.has(path))
    throw new PathRefused(`${path} is a symbolic link or a submodule; it is left as it is.`);
  for (const parent of parentsOf(path)) {
    if (journal.hasDirectory(parent)) continue;
    if (journal.modeOf(parent) !== null) throw new PathRefused(`${parent} is a file, not a directory.`);
    if ((await kindInside(root, parent)) === "nothing") return;
    throw new PathRefused(
      `${parent} is not part of the repository (set-up made it, or it is a link or a submodule).`,
    );
  }
  if (journal.hasDirectory(path)) throw new PathRefused(`${path} is a directory.`);
  if ((await kindInside(root, path)) !== "nothing") {
    throw new PathRefused(`${path} is not part of the repository (set-up made it); choose another path.`);
  }
}

async function loadAll(
  changes: ChangeSet,
  load: (digest: string) => Promise<Uint8Array>,
): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  for (const change of changes) {
    if (change.kind !== "write" || contents.has(change.digest)) continue;
    const content = await load(change.digest);
    if (digestOf(content) !== change.digest)
      throw new Error(`The stored content of ${change.path} is not what was stored.`);
    contents.set(change.digest, content);
  }
  return contents;
}
