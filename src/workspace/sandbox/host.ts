import { execFile } from "node:child_process";
import { existsSync, lstatSync, readlinkSync, realpathSync } from "node:fs";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SystemDirectory } from "./bubblewrap.ts";
import { SandboxFailure } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";
import { type LayerBy, overlayTrial, systemPath } from "./stage.ts";
import { findToolchains } from "./toolchains.ts";

const execute = promisify(execFile);

/** What is the same for every command on this machine; found out once. */
export interface BubblewrapHost {
  dropTo?: { uid: number; gid: number };
  mountPoint: string;
  layerBy: LayerBy;
  filterFile: string;
  canDisableUserNamespaces: boolean;
  systemDirectories: readonly SystemDirectory[];
  /** directories outside /usr that are shown read-only at the same path */
  toolchains: readonly string[];
  /** the search path inside, when the command brings none */
  path: string;
  /** this process's own node, as it is found inside */
  node: string;
  /** what to trust beside the system's certificates, together with them, for programs that know one list only */
  certificates?: string;
}

/** Rejects with SandboxFailure where commands could only run as root, or where the filter does not know the processor. */
export async function prepareHost(deps: {
  bwrap: string;
  libraryPath?: string;
  scratchDir: string;
  dropTo?: { uid: number; gid: number };
  toolchains?: readonly string[];
  trustedCa?: string;
  layerBy?: LayerBy;
  log?: (line: string) => void;
}): Promise<BubblewrapHost> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot && (!deps.dropTo || deps.dropTo.uid === 0 || deps.dropTo.gid === 0)) {
    throw new SandboxFailure(
      "The worker runs as root and no other user is named for the commands of repositories, so none may run. Name one (an ordinary user's ids, for example 65534), or start the worker as an ordinary user.",
    );
  }
  const mountPoint = join(deps.scratchDir, "stage");
  await mkdir(mountPoint, { recursive: true, mode: 0o755 });
  const own = findToolchains([], process.execPath);
  const layerBy = deps.layerBy ?? (await findLayerBy(mountPoint));
  if (layerBy === "copy") {
    deps.log?.(
      "The kernel's overlay cannot replace directories on a tmpfs (Linux 6.6 and newer can): each check gets a copy of its workspace.",
    );
  }
  return {
    ...(isRoot && deps.dropTo ? { dropTo: deps.dropTo } : {}),
    mountPoint,
    layerBy,
    filterFile: await writeFilter(deps.scratchDir),
    canDisableUserNamespaces: await hasDisableUserNamespaces(deps),
    systemDirectories: findSystemDirectories(),
    toolchains: [...new Set([...(deps.toolchains ?? []).filter(existsSync), ...own.directories])],
    path: own.path,
    node: realpathSync(process.execPath),
    ...(deps.trustedCa === undefined
      ? {}
      : { certificates: await writeCertificates(deps.scratchDir, deps.trustedCa) }),
  };
}

async function writeFilter(scratchDir: string): Promise<string> {
  const processor = arch();
  if (processor !== "x64" && processor !== "arm64") {
    throw new SandboxFailure(
      `The sandbox filters system calls on x86-64 and arm64 only; this machine is ${processor}, so no command may run.`,
    );
  }
  return writeWhole(join(scratchDir, "system-calls.bpf"), seccompFilter(processor));
}

async function writeCertificates(scratchDir: string, trustedCa: string): Promise<string> {
  const systemLists = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
  ];
  const system = systemLists.find((path) => existsSync(path));
  const lists = [...(system === undefined ? [] : [await readFile(system)]), await readFile(trustedCa)];
  return writeWhole(join(scratchDir, "certificates.pem"), Buffer.concat(lists));
}

/** Several workers may share the directory: each sees the whole file or the former one. The user inside must be able to read it. */
async function writeWhole(file: string, content: Uint8Array): Promise<string> {
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, content);
  await chmod(fresh, 0o644);
  await rename(fresh, file);
  return file;
}

async function findLayerBy(mountPoint: string): Promise<LayerBy> {
  const [program = "", ...args] = overlayTrial(mountPoint);
  return execute(program, args, { env: { PATH: systemPath }, cwd: "/" }).then(
    () => "overlay",
    () => "copy",
  );
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
