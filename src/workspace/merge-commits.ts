import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AskPerson } from "../errors.ts";
import { sideNames } from "../run/clash.ts";
import { type BaseTree, readBaseTree } from "./base-tree.ts";
import { type CarriedOver, carryOver, type FileMerge, type Sides } from "./carry-over.ts";
import { type Git, GitFailed } from "./git.ts";

/** Merging line by line takes time with the product of both lengths; what people and models write is far smaller. */
const mostBytes = 2_000_000;

/** What `ours` changed since `before`, carried over to `base`, from objects alone. `directory` is used for plain temporary files. */
export async function mergeCommits(
  git: Git,
  request: { gitDir: string; directory: string; commits: Sides<string> },
): Promise<CarriedOver> {
  const { gitDir, commits } = request;
  const [before, ours, base] = await Promise.all(
    [commits.before, commits.ours, commits.base].map((sha) => readBaseTree(git, gitDir, sha)),
  );
  if (!before || !ours || !base) throw new Error("Three commits have three trees.");
  await refuseOddChanges(git, gitDir, commits, [before, ours]);
  return carryOver(
    { before, ours, base },
    { read: (blob) => git(["cat-file", "blob", blob], { gitDir }), mergeText: fileMerger(git, request) },
  );
}

/** A commit of others on our branch may change what no tool of ours touches. Carrying over the rest alone would take it back in silence. */
async function refuseOddChanges(
  git: Git,
  gitDir: string,
  { before, ours }: Sides<string>,
  trees: readonly BaseTree[],
): Promise<void> {
  const names = await git(["diff-tree", "-r", "-z", "--no-renames", "--name-only", before, ours], { gitDir });
  const isOdd = (path: string) =>
    !trees.some((tree) => tree.files.has(path)) ||
    trees.some((tree) => tree.links.has(path) || tree.submodules.has(path));
  if (names.toString("utf8").split("\0").filter(Boolean).some(isOdd)) {
    throw new AskPerson(
      "conflict",
      "The base branch moved and clashes with this branch, which also changes symbolic links, submodules or files of odd names. Those I cannot merge. Please merge the base branch by hand, then comment `/agent retry`.",
    );
  }
}

/** `git merge-file` works in place; its exit code is the number of clashes, and 255 for what is not text (git-merge-file(1)). */
function fileMerger(
  git: Git,
  { gitDir, directory }: { gitDir: string; directory: string },
): FileMerge["mergeText"] {
  let merges = 0;
  return async (sides) => {
    if (Math.max(...Object.values(sides).map((bytes) => bytes.length)) > mostBytes) return null;
    merges += 1;
    const at = join(directory, `merge-${merges}`);
    await mkdir(at);
    const file = { ours: join(at, "ours"), before: join(at, "before"), base: join(at, "base") };
    await writeFile(file.ours, sides.ours);
    await writeFile(file.before, sides.before);
    await writeFile(file.base, sides.base);
    const labels = [sideNames.ours, sideNames.before, sideNames.base].flatMap((name) => ["-L", name]);
    const clashes = await git(["merge-file", "-q", ...labels, file.ours, file.before, file.base], {
      gitDir,
    }).then(
      () => 0,
      (error: unknown) => {
        if (error instanceof GitFailed && error.code !== null) return error.code;
        throw error;
      },
    );
    if (clashes > 127) return null;
    return { bytes: await readFile(file.ours), clashes: clashes > 0 };
  };
}
