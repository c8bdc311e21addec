import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, rename, rmdir, unlink } from "node:fs/promises";
import { PathRefused } from "./workspace.ts";

/** Who owns what we write: the unprivileged user under which the sandbox runs, when the worker itself is root. */
export interface Owner {
  uid: number;
  gid: number;
}

const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const maxReadBytes = 1_000_000;

/**
 * Reads a regular file below `root`; null when there is none. `path` comes from `relativePath`.
 * Every directory on the way is opened without following links and the next step starts from that open directory, so a link put there
 * between check and use leads nowhere (as openat does; Node has no openat, /proc/self/fd is the same thing on Linux).
 */
export async function readFileInside(
  root: string,
  path: string,
  maxBytes = maxReadBytes,
): Promise<{ bytes: Buffer; executable: boolean } | null> {
  return inParent(root, path, "must_exist", async (place) => {
    const file = await openFile(place, path);
    if (!file) return null;
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw new PathRefused(`${path} is not a regular file.`);
      if (facts.size > maxBytes) {
        throw new PathRefused(`${path} has ${facts.size} bytes; files over ${maxBytes} bytes are not read.`);
      }
      return { bytes: await file.readFile(), executable: (facts.mode & 0o100) !== 0 };
    } finally {
      await file.close();
    }
  });
}

/** Writes a whole file below `root` in one step (a new file takes the name), so hard links and readers of the old one are untouched. */
export async function writeFileInside(
  root: string,
  path: string,
  content: Uint8Array,
  options: { executable: boolean; owner?: Owner | undefined },
): Promise<void> {
  await inParent(
    root,
    path,
    "create",
    async (place) => {
      await refuseUnlessFile(place, path);
      const fresh = `${place.directory}/.fixpoint-${randomUUID()}`;
      const file = await open(
        fresh,
        constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      );
      try {
        await file.writeFile(content);
        if (options.owner) await file.chown(options.owner.uid, options.owner.gid);
        await file.chmod(options.executable ? 0o755 : 0o644);
      } finally {
        await file.close();
      }
      await rename(fresh, place.file);
    },
    options.owner,
  );
}

/** Removes a regular file below `root`, and the directories that are empty then. True when it was there. */
export async function removeFileInside(root: string, path: string): Promise<boolean> {
  const removed = await inParent(root, path, "must_exist", async (place) => {
    if (!(await refuseUnlessFile(place, path))) return null;
    await unlink(place.file);
    return true;
  });
  if (!removed) return false;
  const parts = path.split("/").slice(0, -1);
  for (let depth = parts.length; depth > 0; depth--) {
    const gone = await inParent(root, parts.slice(0, depth).join("/"), "must_exist", (place) =>
      removeEmpty(place.file),
    );
    if (!gone) break;
  }
  return true;
}

/** What stands at a path below `root`, looked at without following links. */
export async function kindInside(
  root: string,
  path: string,
): Promise<"file" | "directory" | "other" | "nothing"> {
  const facts = await inParent(root, path, "must_exist", (place) => lstatOrNull(place.file));
  if (!facts) return "nothing";
  if (facts.isFile()) return "file";
  return facts.isDirectory() ? "directory" : "other";
}

interface Place {
  /** the open parent directory, by its descriptor */
  directory: string;
  file: string;
}

async function inParent<T>(
  root: string,
  path: string,
  missing: "must_exist" | "create",
  use: (place: Place) => Promise<T>,
  owner?: Owner,
): Promise<T | null> {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  let handle = await open(root, openDirectory);
  try {
    for (const [index, part] of parts.entries()) {
      const next = await enter(handle, part, parts.slice(0, index + 1).join("/"), missing, owner);
      if (!next) return null;
      await handle.close();
      handle = next;
    }
    const directory = `/proc/self/fd/${handle.fd}`;
    return await use({ directory, file: `${directory}/${name}` });
  } finally {
    await handle.close();
  }
}

async function enter(
  from: FileHandle,
  part: string,
  soFar: string,
  missing: "must_exist" | "create",
  owner: Owner | undefined,
): Promise<FileHandle | null> {
  const target = `/proc/self/fd/${from.fd}/${part}`;
  const entered = await openOrCode(target, openDirectory);
  if (typeof entered !== "string") return entered;
  if (entered === "ENOENT" && missing === "must_exist") return null;
  if (entered !== "ENOENT") throw refusal(entered, soFar);
  await mkdir(target, { mode: 0o755 }).catch(ignoreExisting);
  const made = await open(target, openDirectory);
  if (owner) await made.chown(owner.uid, owner.gid);
  return made;
}

async function openFile(place: Place, path: string): Promise<FileHandle | null> {
  // Non-blocking, so that a named pipe does not hold the worker; it is refused a moment later.
  const opened = await openOrCode(
    place.file,
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  if (typeof opened !== "string") return opened;
  if (opened === "ENOENT") return null;
  throw refusal(opened, path);
}

async function openOrCode(path: string, flags: number): Promise<FileHandle | string> {
  try {
    return await open(path, flags);
  } catch (error) {
    return codeOf(error);
  }
}

/** False when there is nothing; throws when something other than a regular file has the name. */
async function refuseUnlessFile(place: Place, path: string): Promise<boolean> {
  const facts = await lstatOrNull(place.file);
  if (!facts) return false;
  if (facts.isDirectory()) throw new PathRefused(`${path} is a directory.`);
  if (facts.isSymbolicLink()) throw refusal("ELOOP", path);
  if (!facts.isFile()) throw new PathRefused(`${path} is not a regular file.`);
  return true;
}

async function lstatOrNull(path: string) {
  return lstat(path).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
}

async function removeEmpty(path: string): Promise<boolean> {
  return rmdir(path).then(
    () => true,
    () => false,
  );
}

function refusal(code: string, path: string): Error {
  if (code === "ELOOP" || code === "EMLINK")
    return new PathRefused(`${path} is a symbolic link; links are not followed.`);
  // Linux says ENOTDIR, not ELOOP, when a link stands where a directory is asked for.
  if (code === "ENOTDIR")
    return new PathRefused(`${path} is a symbolic link or a file, not a directory; links are not followed.`);
  if (code === "EACCES" || code === "EPERM")
    return new PathRefused(`${path} may not be opened by this user.`);
  if (code === "ENXIO" || code === "ENODEV") return new PathRefused(`${path} is not a regular file.`);
  return new Error(`${path} could not be opened: ${code}`);
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== "EEXIST") throw error;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  throw error;
}
