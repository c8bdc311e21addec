import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { provideBubblewrap } from "../../../src/provision/bubblewrap.ts";
import {
  type BubblewrapDeps,
  createBubblewrapSandbox,
} from "../../../src/workspace/sandbox/create-bubblewrap-sandbox.ts";
import { defaultLimits, type Sandbox, type SandboxSpec } from "../../../src/workspace/sandbox/sandbox.ts";
import { nobody } from "../../provision/as-nobody.ts";

/** Fetched once for all tests of this user. */
export const cacheDir = process.env["FIXPOINT_CACHE_DIR"] ?? join(homedir(), ".cache/fixpoint");
const directories: string[] = [];
// here and not where the first one is made: inside a running test vitest takes no further hooks
afterAll(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A directory of this test file, gone with it. */
export function newDirectory(parent = tmpdir()): string {
  const directory = mkdtempSync(join(parent, "fixpoint-sandbox-"));
  directories.push(directory);
  return directory;
}

export function newWorkspace(files: Readonly<Record<string, string>>, parent?: string): string {
  const root = newDirectory(parent);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

/** The real sandbox, as the worker makes it on this machine. */
export async function openSandbox(deps: Partial<BubblewrapDeps> = {}): Promise<Sandbox> {
  return createBubblewrapSandbox({
    ...(await provideBubblewrap({ cacheDir })),
    scratchDir: newDirectory(),
    ...(process.geteuid?.() === 0 ? { dropTo: nobody } : {}),
    ...deps,
  });
}

/** In a directory that the test chooses: the cache may lie where the dropped user cannot go. */
export async function copyOfBubblewrap(directory: string): Promise<{ bwrap: string; libraryPath: string }> {
  const found = await provideBubblewrap({ cacheDir });
  cpSync(found.bwrap, join(directory, "real-bwrap"));
  const libraries = (found.libraryPath ?? "").split(":").filter(Boolean);
  const copies = libraries.map((path, index) => {
    const copy = join(directory, `libraries-${index}`);
    cpSync(path, copy, { recursive: true, verbatimSymlinks: true });
    return copy;
  });
  return { bwrap: join(directory, "real-bwrap"), libraryPath: copies.join(":") };
}

/** A check, run by `/bin/sh -c`, unless something else is said. */
export function command(
  workspace: string,
  script: string,
  rest: Partial<Omit<SandboxSpec, "limits">> & { limits?: Partial<SandboxSpec["limits"]> } = {},
): SandboxSpec {
  return {
    argv: ["/bin/sh", "-c", script],
    workspace,
    mode: "discard",
    env: {},
    readOnly: [],
    caches: [],
    network: { kind: "none" },
    ...rest,
    limits: { ...defaultLimits, wallMs: 20_000, ...rest.limits },
  };
}
