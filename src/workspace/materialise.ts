import { spawn } from "node:child_process";
import type { Git } from "./git.ts";
import type { Owner } from "./safe-file.ts";

/**
 * Puts the files of a commit into an empty directory, without `.git`, by a private index: 0.2 to 0.4 s for thousands of files, and any number
 * of them at once. With `owner` everything belongs to that user afterwards: group too, since an unmapped group makes the sandbox's
 * overlay fail with EOVERFLOW.
 */
export async function materialise(
  git: Git,
  request: {
    gitDir: string;
    sha: string;
    directory: string;
    indexFile: string;
    owner?: Owner | undefined;
    path: string;
    signal?: AbortSignal | undefined;
  },
): Promise<void> {
  await git(["read-tree", "--reset", "-u", request.sha], {
    gitDir: request.gitDir,
    workTree: request.directory,
    indexFile: request.indexFile,
    ...(request.signal ? { signal: request.signal } : {}),
  });
  if (request.owner) await giveTo(request.owner, request.directory, request.path);
}

/** Only for a tree that nothing untrusted has written to yet; never follows links. */
function giveTo(owner: Owner, directory: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("chown", ["-R", "-h", "-P", "--", `${owner.uid}:${owner.gid}`, directory], {
      env: { PATH: path },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    child.stderr.on("data", (chunk: Buffer) => {
      words = (words + chunk.toString("utf8")).slice(-500);
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The workspace could not be given to user ${owner.uid}: ${words.trim()}`));
    });
  });
}
