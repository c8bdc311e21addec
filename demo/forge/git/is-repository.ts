import { stat } from "node:fs/promises";
import path from "node:path";

/** A directory that git made, bare or not: then its commits count, and not what lies in it beside them. */
export async function isRepository(directory: string): Promise<boolean> {
  if (await exists(path.join(directory, ".git"))) return true;
  return (await exists(path.join(directory, "HEAD"))) && (await exists(path.join(directory, "objects")));
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
