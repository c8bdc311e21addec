import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findProgram, systemPath } from "./find-program.ts";
import { installAdvice, NeedsInstallError, type PackageNames, thisSystem } from "./install-advice.ts";
import { packageClosure, parsePackageRecords } from "./package-closure.ts";

const execute = promisify(execFile);

export interface FetchedPackage {
  /** the directory that the package and its libraries were unpacked in */
  root: string;
  /** its directory of programs */
  bin: string;
  /** directories of its libraries, joined by `:`, for `LD_LIBRARY_PATH` of that program alone */
  libraryPath: string;
}

export interface FetchRequest {
  names: PackageNames;
  /** kept between runs of Fixpoint; a package is fetched once for each system release */
  cacheDir: string;
  /** where `apt-get` and `dpkg-deb` are looked for */
  path?: string;
  log: (line: string) => void;
}

/**
 * Fetches a package of this Debian or Ubuntu, with the libraries it needs, into the cache directory: no root, nothing
 * installed, signatures checked by apt as always. Done twice or by two processes at once it is the same: the finished
 * directory appears by one rename. Throws NeedsInstallError, with the command to type, where this cannot be done.
 */
export async function fetchDistributionPackage(request: FetchRequest): Promise<FetchedPackage> {
  const system = thisSystem();
  const shelf = join(request.cacheDir, "packages");
  const root = join(shelf, `${request.names.debian}-${system.release}-${arch()}`);
  if (await isDirectory(root)) return describePackage(root);

  const path = request.path ?? systemPath;
  const advice = installAdvice(request.names, system);
  for (const tool of ["apt-get", "apt-cache", "dpkg-deb"]) {
    if (findProgram(tool, path) === null) {
      throw new NeedsInstallError(
        `${request.names.program} is not installed, and it can only be fetched by itself on Debian and Ubuntu. ${advice}`,
      );
    }
  }
  await mkdir(shelf, { recursive: true, mode: 0o755 });
  const work = await mkdtemp(join(shelf, ".fetching-"));
  try {
    request.log(
      `${request.names.program} is not installed: fetching the package ${request.names.debian} into ${root}`,
    );
    await unpackClosure(request.names.debian, work, path);
    await publish(join(work, "root"), root);
  } catch (error) {
    const reason = error instanceof Error ? lastLines(error) : String(error);
    throw new NeedsInstallError(
      `${request.names.program} is not installed, and fetching the package ${request.names.debian} failed: ${reason}\n${advice}`,
      { cause: error },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return describePackage(root);
}

/** Leaves the unpacked package in `work/root`. apt's lists, cache and state lie in `work` too, so no lock of the system is taken. */
async function unpackClosure(name: string, work: string, path: string): Promise<void> {
  const root = join(work, "root");
  for (const directory of ["root", "lists/partial", "cache/archives/partial", "archives"]) {
    await mkdir(join(work, directory), { recursive: true });
  }
  const configuration = join(work, "apt.conf");
  await writeFile(join(work, "status"), "");
  await writeFile(configuration, aptConfiguration(work));
  const options = {
    cwd: join(work, "archives"),
    env: { PATH: path, HOME: work, LC_ALL: "C" },
    maxBuffer: 64e6,
  };
  const apt = (program: string, ...args: string[]) =>
    execute(program, ["-c", configuration, ...args], options);

  // A broken third-party source makes `update` fail although the distribution's own lists came; what counts is the download.
  const update = await apt("apt-get", "-qq", "update").then(
    () => null,
    (error: unknown) => error,
  );
  try {
    const names = await packageClosure(name, async (asked) => {
      // exits 100 when one of several names is unknown (a virtual package), and still prints the others
      const shown = await apt("apt-cache", "show", "--no-all-versions", "--", ...asked).catch(stdoutOf);
      return parsePackageRecords(shown.stdout);
    });
    if (names.length === 0) throw new Error(`no source of this system offers the package ${name}`);
    await apt("apt-get", "-qq", "download", "--", ...names);
  } catch (error) {
    throw update ?? error;
  }
  for (const archive of await readdir(options.cwd)) {
    await execute("dpkg-deb", ["-x", archive, root], options);
  }
  // mkdtemp is 0700 and a umask may be strict, but the sandbox runs as another user
  await chmod(root, 0o755);
}

function aptConfiguration(work: string): string {
  return [
    `Dir::State "${work}";`,
    `Dir::State::lists "${work}/lists";`,
    // an empty status file: what is installed here must not decide what the package needs
    `Dir::State::status "${work}/status";`,
    `Dir::Cache "${work}/cache";`,
    `APT::Sandbox::User "";`,
    `Acquire::Languages "none";`,
    `Acquire::IndexTargets::deb-src::Sources::DefaultEnabled "false";`,
    `Acquire::Retries "2";`,
    // hooks of the system belong to its own lists
    `#clear APT::Update;`,
    `#clear DPkg::Post-Invoke;`,
    "",
  ].join("\n");
}

/** One rename; when another process was faster, its copy is the same and ours is dropped. */
async function publish(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!(await isDirectory(to))) throw error;
  }
}

async function describePackage(root: string): Promise<FetchedPackage> {
  const libraries = await Promise.all(
    ["lib", "usr/lib"].map((name) => directoriesOfLibraries(join(root, name))),
  );
  return { root, bin: join(root, "usr/bin"), libraryPath: libraries.flat().join(":") };
}

/** A directory and those in it, such as `x86_64-linux-gnu`, as far as they hold libraries. Links are not followed. */
async function directoriesOfLibraries(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  const found = await Promise.all(
    [directory, ...below].map(async (each) => {
      const names = await readdir(each).catch(() => []);
      return names.some((name) => /\.so(\.|$)/.test(name)) ? [each] : [];
    }),
  );
  return found.flat().sort();
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function stdoutOf(error: unknown): { stdout: string } {
  const stdout = typeof error === "object" && error !== null && "stdout" in error ? error.stdout : "";
  return { stdout: typeof stdout === "string" ? stdout : "" };
}

/** The end of what a failed program said: apt puts the cause there. */
function lastLines(error: Error): string {
  const stderr = "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return (stderr === "" ? error.message : stderr).split("\n").slice(-3).join(" ");
}
