import { rm } from "node:fs/promises";
import type { ChangeSet } from "../run/change.ts";
import type { Git } from "./git.ts";

/**
 * The git tree of base plus changes, and the unified diff between them, made in the object store alone: git is never pointed at a
 * directory, so nothing that lies there (a nested repository, attributes, a monitor) can speak. `indexFile` is used and removed.
 */
export async function snapshotOf(
  git: Git,
  request: {
    gitDir: string;
    indexFile: string;
    baseSha: string;
    changes: ChangeSet;
    contentOf: (digest: string) => Uint8Array | undefined;
  },
): Promise<{ tree: string; patch: string }> {
  const { gitDir, indexFile, baseSha } = request;
  const run = (args: readonly string[], input?: Uint8Array | string) =>
    git(args, { gitDir, indexFile, ...(input === undefined ? {} : { input }) });
  try {
    await run(["read-tree", baseSha]);
    await run(["update-index", "--replace", "-z", "--index-info"], await indexInfo(run, request));
    const tree = (await run(["write-tree"])).toString("utf8").trim();
    const patch = await run([
      "diff",
      "--no-ext-diff",
      "--no-textconv",
      "--no-color",
      "--no-renames",
      "--full-index",
      "--binary",
      baseSha,
      tree,
      "--",
    ]);
    return { tree, patch: patch.toString("utf8") };
  } finally {
    await rm(indexFile, { force: true });
    await rm(`${indexFile}.lock`, { force: true });
  }
}

/** Deletions first, so that a file may take the name of a directory that is gone, and the other way round. */
async function indexInfo(
  run: (args: readonly string[], input: Uint8Array) => Promise<Buffer>,
  request: { changes: ChangeSet; contentOf: (digest: string) => Uint8Array | undefined },
): Promise<string> {
  const lines: string[] = [];
  for (const change of request.changes) {
    if (change.kind === "delete") lines.push(`0 ${"0".repeat(40)}\t${change.path}\0`);
  }
  for (const change of request.changes) {
    if (change.kind !== "write") continue;
    const content = request.contentOf(change.digest);
    if (!content) throw new Error(`The content of ${change.path} is not at hand.`);
    const blob = (await run(["hash-object", "-w", "--stdin"], content)).toString("utf8").trim();
    lines.push(`${change.mode} ${blob}\t${change.path}\0`);
  }
  return lines.join("");
}
