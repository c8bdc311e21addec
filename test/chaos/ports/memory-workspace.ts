import type { ObjectStore } from "../../../demo/forge/git/object-store.ts";
import type { ChangeSet } from "../../../src/run/change.ts";
import { sideNames } from "../../../src/run/clash.ts";
import type { BaseTree } from "../../../src/workspace/base-tree.ts";
import { carryOver, type Sides } from "../../../src/workspace/carry-over.ts";
import { createChangeJournal, digestOf, parentsOf } from "../../../src/workspace/change-journal.ts";
import type { Workspaces } from "../../../src/workspace/open-workspace.ts";
import { relativePath } from "../../../src/workspace/relative-path.ts";
import { PathRefused, type Workspace } from "../../../src/workspace/workspace.ts";
import type { Gate } from "../gate.ts";

const takes = { openMs: 300, snapshotMs: 40 };

export interface MemoryWorkspaces extends Workspaces {
  /** the workspace whose root this is; null once it is disposed of */
  at(root: string): Workspace | null;
}

/** Workspaces over an object store: no directory, no git. What a command would see of one is what its journal holds. */
export function createMemoryWorkspaces(deps: {
  /** the objects of the repository as they are now, in a store of one's own: what is written there stays there */
  fetch(): ObjectStore;
  gate: Gate;
}): MemoryWorkspaces {
  const open = new Map<string, Workspace>();
  let opened = 0;
  return {
    at: (root) => open.get(root) ?? null,
    async open({ sha }) {
      opened += 1;
      const root = `/memory/${opened}`;
      const store = await deps.gate({ port: "workspace", what: "open", takesMs: takes.openMs }, deps.fetch);
      const base = readBase(store, sha);
      const workspace = createMemoryWorkspace({
        store,
        gate: deps.gate,
        root,
        sha,
        base,
        dispose: () => open.delete(root),
      });
      open.set(root, workspace);
      return workspace;
    },
    async carryOver({ commits }) {
      const store = await deps.gate({ port: "workspace", what: "merge", takesMs: takes.openMs }, deps.fetch);
      return carryOver(
        {
          before: readBase(store, commits.before.sha),
          ours: readBase(store, commits.ours.sha),
          base: readBase(store, commits.base.sha),
        },
        { read: async (blob) => store.read(blob, "blob"), mergeText: async (sides) => mergeWhole(sides) },
      );
    },
  };
}

/** Whole files, as the store merges them: where both sides changed one, all of it clashes. */
function mergeWhole({ ours, base }: Sides<Uint8Array>): { bytes: Uint8Array; clashes: boolean } | null {
  if (ours.includes(0) || base.includes(0)) return null;
  const [mine, theirs] = [ours, base].map((bytes) => Buffer.from(bytes).toString("utf8"));
  const text = `<<<<<<< ${sideNames.ours}\n${mine}=======\n${theirs}>>>>>>> ${sideNames.base}\n`;
  return { bytes: Buffer.from(text), clashes: true };
}

function readBase(store: ObjectStore, sha: string): BaseTree {
  const files = new Map<string, { mode: "100644" | "100755"; blob: string }>();
  const links = new Map<string, string>();
  const submodules = new Set<string>();
  for (const entry of store.readTree(sha, true)) {
    if (entry.type === "commit") submodules.add(entry.path);
    else if (entry.mode === "120000") links.set(entry.path, entry.sha);
    else if (entry.type === "blob")
      files.set(entry.path, { mode: entry.mode === "100755" ? "100755" : "100644", blob: entry.sha });
  }
  return { files, links, submodules };
}

interface Parts {
  store: ObjectStore;
  gate: Gate;
  root: string;
  sha: string;
  base: BaseTree;
  dispose(): void;
}

function createMemoryWorkspace({ store, gate, root, sha, base, dispose }: Parts): Workspace {
  const journal = createChangeJournal(base);

  function bytesAt(path: string): Uint8Array | null {
    const change = journal.changes().find((each) => each.path === path);
    if (change?.kind === "delete") return null;
    if (change) return journal.contentOf(change.digest) ?? null;
    const file = base.files.get(path);
    return file ? store.read(file.blob, "blob") : null;
  }

  /** What keeps a path from being a file of its own. */
  function refuseUnlessFree(path: string): void {
    if (base.links.has(path) || base.submodules.has(path))
      throw new PathRefused(`${path} is a symbolic link or a submodule; it is left as it is.`);
    for (const parent of parentsOf(path)) {
      if (journal.modeOf(parent) !== null || base.links.has(parent))
        throw new PathRefused(
          `${parent} is not part of the repository (set-up made it, or it is a link or a submodule).`,
        );
    }
    if (journal.hasDirectory(path)) throw new PathRefused(`${path} is a directory.`);
  }

  return {
    root,
    baseSha: sha,
    async read(asked) {
      const path = relativePath(asked);
      if (base.links.has(path)) throw new PathRefused(`${path} is a symbolic link; links are not followed.`);
      if (journal.hasDirectory(path)) throw new PathRefused(`${path} is not a regular file.`);
      const bytes = bytesAt(path);
      if (!bytes) return null;
      if (bytes.subarray(0, 8_000).includes(0))
        throw new PathRefused(`${path} is a binary file (${bytes.length} bytes); only text is read.`);
      return {
        bytes: Uint8Array.from(bytes),
        mode: journal.modeOf(path) ?? "100644",
        digest: digestOf(bytes),
      };
    },
    async write(asked, content, options) {
      const path = relativePath(asked);
      if (journal.modeOf(path) === null) refuseUnlessFree(path);
      journal.wrote(path, Uint8Array.from(content), options?.mode ?? journal.modeOf(path) ?? "100644");
    },
    async remove(asked) {
      const path = relativePath(asked);
      if (journal.modeOf(path) === null) throw new PathRefused(`${path} is not a file of the repository.`);
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
      journal.replace(changes, await loadAll(changes, load));
    },
    lend: async (work) => ({ result: await work(), restored: [] }),
    snapshot: () =>
      gate({ port: "workspace", what: "snapshot", takesMs: takes.snapshotMs }, () => {
        const changes = journal.changes().map((change) => ({
          path: change.path,
          mode: change.kind === "write" ? change.mode : "100644",
          sha: change.kind === "write" ? store.write("blob", contentOf(change)) : null,
        }));
        const tree = store.writeTree(sha, changes);
        return { tree, patch: store.unifiedDiff(sha, tree)?.toString("utf8") ?? "" };
      }),
    dispose: async () => dispose(),
  };

  function contentOf(change: { path: string; digest: string }): Buffer {
    const content = journal.contentOf(change.digest);
    if (!content) throw new Error(`The content of ${change.path} is not at hand.`);
    return Buffer.from(content);
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
