import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";

/** Where programs are looked for when the caller names no search path. */
export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The first executable file called `program` on `path` (directories joined by `:`), or null. */
export function findProgram(program: string, path: string): string | null {
  for (const directory of path.split(":")) {
    // An empty or relative entry means the current directory: never start what happens to lie there.
    if (!isAbsolute(directory)) continue;
    const candidate = join(directory, program);
    if (isExecutableFile(candidate)) return candidate;
  }
  return null;
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
