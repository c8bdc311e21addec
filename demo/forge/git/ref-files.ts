import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * The refs of a repository as its files hold them (gitrepository-layout(5)): loose ones, then packed ones. They are asked for so often that
 * starting git each time took most of the forge's time. Branches and the refs of pull requests are commits; of others git is asked.
 */
export function refFiles(gitDir: string): { name: string; sha: string }[] {
  const packed = readIfThere(join(gitDir, "packed-refs")).matchAll(/^([0-9a-f]{40}) (refs\/.+)$/gm);
  const shas = new Map(Array.from(packed, ([, sha = "", name = ""]) => [name, sha]));
  for (const entry of readdirSync(join(gitDir, "refs"), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith(".lock")) continue;
    const path = join(entry.parentPath, entry.name);
    const [sha] = /^[0-9a-f]{40}/.exec(readIfThere(path)) ?? [];
    if (sha) shas.set(relative(gitDir, path), sha);
  }
  return [...shas].map(([name, sha]) => ({ name, sha })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A file that goes between being listed and being read is one that is not there. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
