import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { withProcessLock } from "./process-lock.ts";
import { removeTree } from "./remove-tree.ts";

/** A directory of running work that is ours as long as this process lives. */
export interface Claim {
  release(): Promise<void>;
}

/**
 * Claims the name of a directory below `workDir` before it is made. The kernel gives the claim back when we die, so that another worker can
 * tell work that goes on from what a killed worker left behind.
 */
export async function claimDirectory(workDir: string, name: string, path: string): Promise<Claim> {
  const lockFile = join(workDir, `${name}.lock`);
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let take: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => {
    take = resolve;
  });
  const lock = withProcessLock(lockFile, { wait: "yes", path }, () => {
    take();
    return released;
  });
  await Promise.race([taken, lock]);
  return {
    async release() {
      release();
      await lock;
      await rm(lockFile, { force: true });
    },
  };
}

/** Removes directories below `workDir` that nobody claims any more. Returns their names. */
export async function clearUnclaimed(workDir: string, path: string): Promise<string[]> {
  const entries = await readdir(workDir, { withFileTypes: true });
  const cleared: string[] = [];
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const lockFile = join(workDir, `${name}.lock`);
    const gone = await withProcessLock(lockFile, { wait: "no", path }, async () => {
      await removeTree(join(workDir, name), path);
      await rm(lockFile, { force: true });
      return true;
    });
    if (gone) cleared.push(name);
  }
  return cleared;
}
