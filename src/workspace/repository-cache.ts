import { mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { explainFetchFailure } from "./fetch-failure.ts";
import type { Git } from "./git.ts";
import { withProcessLock } from "./process-lock.ts";

/** One repository as one installation sees it: private objects of different tenants never share a store. */
interface CacheKey {
  installationId: number;
  repositoryId: number;
}

export interface Remote {
  url: string;
  token?: string;
}

interface HeldCommit {
  gitDir: string;
  /** keeps the commit (and says that the cache is in use) until released */
  release(): Promise<void>;
}

export interface RepositoryCache {
  /**
   * The commit `sha` with its tree, fetched at depth 1 when it is not there yet.
   * Rejects with `TryLater` when the network failed, with `AskPerson` when the repository refuses us or holds what git refuses.
   */
  hold(
    request: CacheKey & { remote: Remote; sha: string; branch: string; holder: string; signal?: AbortSignal },
  ): Promise<HeldCommit>;
}

/**
 * Bare depth-1 repositories below `cacheDir`, one for each installation and repository. A fetch of what changed since the last run costs
 * tens of milliseconds, because the former commit keeps a ref and is offered to the server (measured: without one everything is sent again).
 */
export function createRepositoryCache(deps: { cacheDir: string; git: Git; path: string }): RepositoryCache {
  return {
    async hold({ remote, sha, branch, holder, signal, ...key }) {
      if (!/^[0-9a-f]{40}$/.test(sha))
        throw new Error(`A commit is named by its 40 hexadecimal digits, not by "${sha}".`);
      const gitDir = join(deps.cacheDir, cacheName(key));
      const ref = `refs/runs/${holder}`;
      await mkdir(deps.cacheDir, { recursive: true, mode: 0o700 });
      // Concurrent shallow fetches into one repository fail on shallow.lock (measured: six of eight), so they queue.
      await withProcessLock(`${gitDir}.lock`, { wait: "yes", path: deps.path, signal }, async () => {
        await prepare(deps.git, gitDir);
        const git = (args: readonly string[], input = "") =>
          deps.git(args, { gitDir, input, ...(signal ? { signal } : {}) });
        if (!(await isHeld(git, sha))) await fetchCommit(deps.git, gitDir, remote, sha, ref, signal);
        await git(["update-ref", "--stdin"], `update ${ref} ${sha}\nupdate ${branchRef(branch)} ${sha}\n`);
      });
      return {
        gitDir,
        release: async () => {
          await deps.git(["update-ref", "-d", ref], { gitDir });
          await utimes(gitDir, new Date(), new Date());
        },
      };
    },
  };
}

function cacheName(key: CacheKey): string {
  return `${key.installationId}-${key.repositoryId}.git`;
}

async function prepare(git: Git, gitDir: string): Promise<void> {
  const ready = join(gitDir, "fixpoint-ready");
  if (await exists(ready)) return utimes(gitDir, new Date(), new Date());
  // A cache whose making was cut short is made anew, under a name of its own first, so that half of one is never used.
  const fresh = `${gitDir}.new`;
  await rm(gitDir, { recursive: true, force: true });
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await git(["init", "--quiet", "--bare", "--template="], { gitDir: fresh });
  await mkdir(join(fresh, "info"), { recursive: true });
  await writeFile(join(fresh, "info", "attributes"), plainAttributes);
  await writeFile(join(fresh, "fixpoint-ready"), "");
  await rename(fresh, gitDir);
}

/**
 * Outranks every .gitattributes: the workspace holds exactly the bytes of the blobs, no filter or conversion is even looked up, and what we
 * hash from it is what stands in the tree. (`-working-tree-encoding` would be an error to git, hence the `!`.)
 */
const plainAttributes = "* -text !eol -ident !filter !working-tree-encoding !diff !merge\n";

async function fetchCommit(
  git: Git,
  gitDir: string,
  remote: Remote,
  sha: string,
  ref: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fetched = git(
    [
      "fetch",
      "--quiet",
      "--depth=1",
      "--no-tags",
      "--no-write-fetch-head",
      "--no-recurse-submodules",
      "--no-auto-gc",
      "--",
      remote.url,
      `+${sha}:${ref}`,
    ],
    {
      gitDir,
      ...(remote.token === undefined ? {} : { auth: { url: remote.url, token: remote.token } }),
      ...(signal ? { signal } : {}),
      timeoutMs: 600_000,
    },
  );
  await fetched.catch((error: unknown) => {
    signal?.throwIfAborted();
    throw explainFetchFailure(error);
  });
}

/** A ref of ours names the commit, so it came with its tree; an object that merely lies there may lack it. */
async function isHeld(git: (args: readonly string[]) => Promise<Buffer>, sha: string): Promise<boolean> {
  const refs = await git(["for-each-ref", "--format=%(objectname)", "refs/cache", "refs/runs"]);
  return refs.toString("utf8").split("\n").includes(sha);
}

/** Percent-encoded, so that the branches `a` and, later, `a/b` do not get in each other's way as file and directory. */
function branchRef(branch: string): string {
  return `refs/cache/${encodeURIComponent(branch)}`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
