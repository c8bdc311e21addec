import { z } from "zod";

/** One file that differs from the base commit. `digest` is the blob of its whole new content. */
export const fileChangeSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("write"),
    path: z.string(),
    mode: z.enum(["100644", "100755"]),
    digest: z.string(),
    bytes: z.int().nonnegative(),
  }),
  z.object({ kind: z.literal("delete"), path: z.string() }),
]);
export type FileChange = z.infer<typeof fileChangeSchema>;

/** All that a run changed, against its base commit, sorted by path: what a checkpoint carries and what is published. */
export type ChangeSet = readonly FileChange[];

/** The paths in which two change sets of the same base differ, sorted: what one step did on top of the former one. */
export function changedBetween(before: ChangeSet, after: ChangeSet): string[] {
  const key = (change: FileChange) =>
    change.kind === "delete" ? "deleted" : `${change.mode} ${change.digest}`;
  const old = new Map(before.map((change) => [change.path, key(change)]));
  const now = new Map(after.map((change) => [change.path, key(change)]));
  const paths = new Set([...old.keys(), ...now.keys()]);
  return [...paths].filter((path) => old.get(path) !== now.get(path)).sort((a, b) => (a < b ? -1 : 1));
}
