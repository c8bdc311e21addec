import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { git } from "../git/run.ts";

/** Writes the files of a commit into a directory, by an index of its own: no `.git` appears and nothing of the repository can run. */
export async function checkOut(gitDir: string, sha: string, directory: string): Promise<void> {
  const index = `${directory}.index`;
  await mkdir(path.dirname(index), { recursive: true });
  await mkdir(directory, { recursive: true });
  const env = { GIT_INDEX_FILE: index, GIT_WORK_TREE: directory };
  try {
    await git(gitDir, ["read-tree", sha], { env });
    await git(gitDir, ["checkout-index", "--all", "--force"], { env, cwd: directory });
  } finally {
    await rm(index, { force: true });
  }
}
