import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { readBaseTree } from "./base-tree.ts";
import type { CarriedOver, Sides } from "./carry-over.ts";
import { claimDirectory, clearUnclaimed } from "./claim.ts";
import { createDirectoryWorkspace } from "./directory-workspace.ts";
import { evictCaches } from "./evict-caches.ts";
import type { Git } from "./git.ts";
import { systemPath } from "./git-environment.ts";
import { materialise } from "./materialise.ts";
import { mergeCommits } from "./merge-commits.ts";
import { removeTree } from "./remove-tree.ts";
import { createRepositoryCache, type Remote } from "./repository-cache.ts";
import type { Owner } from "./safe-file.ts";
import type { Workspace } from "./workspace.ts";

export interface WorkspaceSpec {
  runId: string;
  /** `token` may read the one repository; it reaches git through its environment and is not kept */
  remote: Remote;
  installationId: number;
  repositoryId: number;
  /** base commit, 40 hexadecimal digits */
  sha: string;
  branch: string;
  signal?: AbortSignal;
}

/** The commits of a merge, each with a branch that it lies on. */
interface MergeSpec extends Omit<WorkspaceSpec, "sha" | "branch"> {
  commits: Sides<{ sha: string; branch: string }>;
}

export interface Workspaces {
  open(spec: WorkspaceSpec): Promise<Workspace>;
  /** our change as it is against a newer base, with markers where the two clash; `AskPerson` where that cannot be told */
  carryOver(spec: MergeSpec): Promise<CarriedOver>;
}

/**
 * `cacheDir` holds one object store for each repository and belongs to the worker alone. `workDir` holds the directories of running work
 * (it may be tmpfs) and must be reachable by `owner`, the unprivileged user of the sandbox, when the worker is root.
 * `path`: where flock, chown and find are, when not in the system's directories.
 */
export function createWorkspaces(deps: {
  cacheDir: string;
  workDir: string;
  git: Git;
  path?: string;
  owner?: Owner;
  /** how large all object stores together may grow; default 20 GB */
  maxCacheBytes?: number;
  now?: () => number;
}): Workspaces {
  const path = deps.path ?? systemPath;
  const cache = createRepositoryCache({ ...deps, path });
  const tidy = createTidying({ ...deps, path });
  return {
    async open(spec) {
      const name = `${spec.runId}-${randomUUID().slice(0, 8)}`;
      const held = await cache.hold({ ...spec, holder: name });
      const home = join(deps.workDir, name);
      const root = join(home, "tree");
      // 0711: the sandbox's user passes through, and sees nothing beside its tree.
      await mkdir(deps.workDir, { recursive: true, mode: 0o711 });
      const claim = await claimDirectory(deps.workDir, name, path);
      const dispose = async () => {
        await removeTree(home, path);
        await claim.release();
        await held.release();
        await tidy();
      };
      try {
        await mkdir(home, { mode: 0o711 });
        await mkdir(root, { mode: 0o755 });
        const index = join(home, "index");
        const [base] = await Promise.all([
          readBaseTree(deps.git, held.gitDir, spec.sha),
          materialise(deps.git, {
            gitDir: held.gitDir,
            sha: spec.sha,
            directory: root,
            indexFile: index,
            owner: deps.owner,
            path,
            signal: spec.signal,
          }),
        ]);
        await rm(index, { force: true });
        return createDirectoryWorkspace({
          ...deps,
          root,
          home,
          base,
          baseSha: spec.sha,
          gitDir: held.gitDir,
          dispose,
        });
      } catch (error) {
        await dispose();
        throw error;
      }
    },
    async carryOver({ commits, ...spec }) {
      const name = `${spec.runId}-${randomUUID().slice(0, 8)}`;
      const directory = join(deps.workDir, name);
      await mkdir(deps.workDir, { recursive: true, mode: 0o711 });
      const claim = await claimDirectory(deps.workDir, name, path);
      const held: { gitDir: string; release(): Promise<void> }[] = [];
      try {
        await mkdir(directory, { mode: 0o700 });
        // The tip of the base last: its branch is remembered at the newest commit.
        for (const [side, at] of Object.entries({
          before: commits.before,
          ours: commits.ours,
          base: commits.base,
        })) {
          held.push(await cache.hold({ ...spec, ...at, holder: `${name}-${side}` }));
        }
        const { before, ours, base } = commits;
        const shas = { before: before.sha, ours: ours.sha, base: base.sha };
        const gitDir = held[0]?.gitDir ?? "";
        return await mergeCommits(deps.git, { gitDir, directory, commits: shas });
      } finally {
        await removeTree(directory, path);
        await claim.release();
        for (const each of held) await each.release();
      }
    },
  };
}

const defaultMaxCacheBytes = 20_000_000_000;
const tidyEveryMs = 600_000;

/** Looks at the size of the caches now and then, when a run has ended and one of them became idle, and for what killed workers left. */
function createTidying(deps: {
  cacheDir: string;
  workDir: string;
  git: Git;
  path: string;
  maxCacheBytes?: number;
  now?: () => number;
}): () => Promise<void> {
  const now = deps.now ?? Date.now;
  let lastAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (now() - lastAt < tidyEveryMs) return;
    lastAt = now();
    await clearUnclaimed(deps.workDir, deps.path);
    await evictCaches({ ...deps, maxBytes: deps.maxCacheBytes ?? defaultMaxCacheBytes, now });
  };
}
