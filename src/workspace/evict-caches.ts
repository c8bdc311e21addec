import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Git } from "./git.ts";
import { withProcessLock } from "./process-lock.ts";

/** A run that left its ref behind (its worker was killed) stops protecting the cache after a day. */
const heldForMs = 24 * 60 * 60 * 1000;

/**
 * Removes the least recently used repositories until all of them together fit into `maxBytes`; those that a run uses stay.
 * There is no gc: fetching anew costs a second or two, a repack of somebody's object store under a reader costs more.
 * Returns the names that went.
 */
export async function evictCaches(deps: {
  cacheDir: string;
  maxBytes: number;
  git: Git;
  path: string;
  now: () => number;
}): Promise<string[]> {
  const caches = await measureCaches(deps.cacheDir);
  let total = caches.reduce((sum, cache) => sum + cache.bytes, 0);
  const evicted: string[] = [];
  for (const cache of caches.sort((a, b) => a.usedAt - b.usedAt)) {
    if (total <= deps.maxBytes) break;
    const gitDir = join(deps.cacheDir, cache.name);
    const gone = await withProcessLock(`${gitDir}.lock`, { wait: "no", path: deps.path }, async () => {
      if (await isInUse(deps.git, gitDir, deps.now())) return false;
      const aside = `${gitDir}.evicted`;
      await rm(aside, { recursive: true, force: true });
      await rename(gitDir, aside);
      await rm(aside, { recursive: true, force: true });
      return true;
    });
    if (!gone) continue;
    total -= cache.bytes;
    evicted.push(cache.name);
  }
  return evicted;
}

async function isInUse(git: Git, gitDir: string, now: number): Promise<boolean> {
  const refs = await git(["for-each-ref", "--format=%(refname)", "refs/runs"], { gitDir });
  for (const ref of refs.toString("utf8").split("\n").filter(Boolean)) {
    const takenAt = await stat(join(gitDir, ref)).then(
      (facts) => facts.mtimeMs,
      () => now,
    );
    if (now - takenAt < heldForMs) return true;
  }
  return false;
}

async function measureCaches(cacheDir: string): Promise<{ name: string; bytes: number; usedAt: number }[]> {
  const entries = await readdir(cacheDir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && /^\d+-\d+\.git$/.test(entry.name));
  const caches = await Promise.all(
    names.map(async ({ name }) => {
      const path = join(cacheDir, name);
      const facts = await stat(path).catch(ignoreGone);
      return facts ? { name, bytes: await sizeOf(path), usedAt: facts.mtimeMs } : null;
    }),
  );
  return caches.filter((cache) => cache !== null);
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true }).catch(ignoreGone);
  const files = entries?.filter((entry) => entry.isFile()) ?? [];
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name)).catch(ignoreGone))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Another process may evict, or git may replace a file, while we look. */
function ignoreGone(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
