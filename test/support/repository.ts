import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files of a repository by path. */
export type Files = Readonly<Record<string, string>>;

/** A job of the repository's CI: the commit is checked out, then these lines run. */
export function job(...lines: string[]) {
  return {
    "runs-on": "ubuntu-latest",
    steps: [{ uses: "actions/checkout@v4" }, ...lines.map((run) => ({ run }))],
  };
}

/** A workflow file; JSON is YAML, and needs no quoting rules. */
export function workflow(on: unknown, jobs: Record<string, unknown>, name = "CI"): string {
  return `${JSON.stringify({ name, on, jobs }, null, 2)}\n`;
}

/** Writes the files into a directory for as long as `use` takes. */
export async function withFiles<T>(files: Files, use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "fixpoint-repository-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), content);
    }
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
