import { execFile } from "node:child_process";
import { lstatSync, readlinkSync } from "node:fs";
import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SystemDirectory } from "./bubblewrap.ts";
import { SandboxFailure } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";

const execute = promisify(execFile);

/** What is the same for every command on this machine; found out once. */
export interface BubblewrapHost {
  dropTo?: { uid: number; gid: number };
  mountPoint: string;
  filterFile: string;
  canDisableUserNamespaces: boolean;
  systemDirectories: readonly SystemDirectory[];
}

/** Rejects with SandboxFailure where commands could only run as root, or where the filter does not know the processor. */
export async function prepareHost(deps: {
  bwrap: string;
  libraryPath?: string;
  scratchDir: string;
  dropTo?: { uid: number; gid: number };
}): Promise<BubblewrapHost> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && (!deps.dropTo || deps.dropTo.uid === 0 || deps.dropTo.gid === 0)) {
    throw new SandboxFailure(
      "The worker runs as root and no other user is named for the commands of repositories, so none may run. Name one (an ordinary user's ids, for example 65534), or start the worker as an ordinary user.",
    );
  }
  const mountPoint = join(deps.scratchDir, "stage");
  await mkdir(mountPoint, { recursive: true, mode: 0o755 });
  return {
    ...(isRoot && deps.dropTo ? { dropTo: deps.dropTo } : {}),
    mountPoint,
    filterFile: await writeFilter(deps.scratchDir),
    canDisableUserNamespaces: await hasDisableUserNamespaces(deps),
    systemDirectories: findSystemDirectories(),
  };
}

async function writeFilter(scratchDir: string): Promise<string> {
  const processor = arch();
  if (processor !== "x64" && processor !== "arm64") {
    throw new SandboxFailure(
      `The sandbox filters system calls on x86-64 and arm64 only; this machine is ${processor}, so no command may run.`,
    );
  }
  const file = join(scratchDir, "system-calls.bpf");
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, seccompFilter(processor), { mode: 0o644 });
  await chmod(fresh, 0o644);
  await rename(fresh, file);
  return file;
}

async function hasDisableUserNamespaces(deps: { bwrap: string; libraryPath?: string }): Promise<boolean> {
  const env = deps.libraryPath ? { LD_LIBRARY_PATH: deps.libraryPath } : {};
  const { stdout } = await execute(deps.bwrap, ["--help"], { env }).catch((error: unknown) => {
    throw new SandboxFailure(
      `${deps.bwrap} does not start: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  });
  return stdout.includes("--disable-userns");
}

/** /bin and its like: on most systems links into /usr, on some (Alpine) directories of their own. */
function findSystemDirectories(): SystemDirectory[] {
  return ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].flatMap((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) return [];
    return [{ path, linksTo: found.isSymbolicLink() ? readlinkSync(path) : null }];
  });
}
