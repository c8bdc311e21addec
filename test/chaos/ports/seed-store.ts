import { commitText } from "../../../demo/forge/git/commits.ts";
import type { ObjectStore } from "../../../demo/forge/git/object-store.ts";

/** A first commit with these files, on no branch. */
export function commitFiles(
  store: ObjectStore,
  files: Readonly<Record<string, string>>,
  by: { at: Date },
): string {
  const changes = Object.entries(files).map(([path, text]) => ({
    path,
    mode: "100644",
    sha: store.write("blob", Buffer.from(text)),
  }));
  const who = { name: "robin", email: "robin@example.org", at: by.at };
  const tree = store.writeTree(null, changes);
  const commit = { tree, parents: [], author: who, committer: who, message: "Initial commit\n" };
  return store.write("commit", Buffer.from(commitText(commit)));
}
