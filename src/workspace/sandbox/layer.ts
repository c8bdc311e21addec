import { constants, type Dirent } from "node:fs";
import { lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { LayerChange } from "./sandbox.ts";
import { readTar, type TarEntry } from "./tar.ts";

/** What a command may hand back at most: these are edits for people to review, not build products. */
export const layerLimits = { bytes: 32 * 1024 ** 2, files: 2_000 } as const;

/** Directories that are never part of a change, at any depth; a formatter's cache in node_modules must not drown what it formatted. */
export const neverCollected = [".git", "node_modules", "__pycache__"] as const;

export interface Layer {
  /** null when there was more than the limits allow, or it could not be read: then nothing of it may be used */
  changes: readonly LayerChange[] | null;
  notes: readonly string[];
}

/** Reads a stream to its end, or gives up at the limit. The rest is not even received. */
export async function receiveLayer(stream: Readable): Promise<Buffer | null> {
  const most = layerLimits.bytes + layerLimits.files * 2_048;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Translates the upper layer of an overlay (linux Documentation/filesystems/overlayfs.rst) into changes of the workspace:
 * a file there was written, a character device 0/0 stands for a deletion, an opaque directory hides all that was below.
 * Everything in it is hostile: names are checked, links and devices are left out with a note, and nothing is written here.
 */
export async function readLayer(archive: Buffer | null, workspace: string): Promise<Layer> {
  const tooMuch = `The command changed more than ${layerLimits.files} files or ${layerLimits.bytes / 1024 ** 2} MiB, so none of its changes were taken.`;
  if (archive === null) return { changes: null, notes: [tooMuch] };
  const entries = parse(archive);
  if (entries === null) {
    return {
      changes: null,
      notes: ["What the command changed could not be read, so none of its changes were taken."],
    };
  }
  if (entries.length > layerLimits.files) return { changes: null, notes: [tooMuch] };
  const changes = new Map<string, LayerChange>();
  const notes: string[] = [];
  for (const entry of entries) {
    const path = pathInside(entry.name);
    if (path === null) {
      notes.push(`A file whose name is not usable was left out: ${JSON.stringify(entry.name)}.`);
      continue;
    }
    for (const hidden of await hiddenBelow(entry, path, workspace)) {
      changes.set(hidden, { path: hidden, kind: "delete" });
    }
    if (entry.kind === "file" && (await differs(entry, path, workspace))) {
      const executable = (entry.mode & 0o100) !== 0;
      changes.set(path, { path, kind: "write", content: entry.content, executable });
    } else if (entry.kind === "file" || isLeftOut(entry)) {
      // it may stand in a directory that was emptied and filled again: then it is not deleted after all
      changes.delete(path);
    }
    if (isLeftOut(entry)) {
      notes.push(
        `${path} became a ${entry.kind === "other" ? "special file" : entry.kind}; that was left out.`,
      );
    }
  }
  return { changes: [...changes.values()].sort((a, b) => (a.path < b.path ? -1 : 1)), notes };
}

function parse(archive: Buffer): TarEntry[] | null {
  try {
    // parents before what is in them, so that a file written into an emptied directory wins over its deletion
    return readTar(archive).sort((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** `./a/b` → `a/b`; the layer's own top is `.`; null for a name that points elsewhere or that nobody could read. */
function pathInside(name: string | null): string | null {
  if (name === null || /[\0-\x1f\x7f]/.test(name)) return null;
  const parts = name
    .replace(/^\.\/?/, "")
    .replace(/\/$/, "")
    .split("/");
  if (parts.length === 1 && parts[0] === "") return ".";
  return parts.some((part) => part === "" || part === "." || part === "..") ? null : parts.join("/");
}

function isWhiteout(entry: TarEntry): boolean {
  return entry.kind === "character device" && entry.device[0] === 0 && entry.device[1] === 0;
}

/** Files of the workspace that can no longer be seen because of this entry, as paths from its top. */
async function hiddenBelow(entry: TarEntry, path: string, workspace: string): Promise<string[]> {
  const below = await lstat(join(workspace, path)).catch(() => null);
  if (below === null) return [];
  if (below.isDirectory()) {
    const isMerged =
      entry.kind === "directory" && entry.extended.get("SCHILY.xattr.user.overlay.opaque") !== "y";
    return isMerged || isLeftOut(entry) ? [] : filesIn(workspace, path);
  }
  return isWhiteout(entry) || entry.kind === "directory" ? [path] : [];
}

/** Links and special files are left out with a note; what was there before stays, too. */
function isLeftOut(entry: TarEntry): boolean {
  return entry.kind !== "file" && entry.kind !== "directory" && !isWhiteout(entry);
}

/** Does not follow links: a directory that is one has no files of its own. */
async function filesIn(workspace: string, directory: string): Promise<string[]> {
  const found: Dirent[] = await readdir(join(workspace, directory), { withFileTypes: true });
  const lists = found
    .filter((entry) => !neverCollected.some((name) => name === entry.name))
    .map(async (entry) => {
      const path = directory === "." ? entry.name : `${directory}/${entry.name}`;
      return entry.isDirectory() ? filesIn(workspace, path) : [path];
    });
  return (await Promise.all(lists)).flat();
}

/** A file that was only touched, or written with what it held, is no change. */
async function differs(entry: TarEntry, path: string, workspace: string): Promise<boolean> {
  const before = await open(
    join(workspace, path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  ).catch(() => null);
  if (before === null) return true;
  try {
    const facts = await before.stat();
    if (!facts.isFile() || facts.size !== entry.content.length) return true;
    if (((facts.mode ^ entry.mode) & 0o100) !== 0) return true;
    return !(await before.readFile()).equals(entry.content);
  } finally {
    await before.close();
  }
}
