import { PathRefused } from "./workspace.ts";

/**
 * The one spelling of a path inside the workspace: relative, `/` between its parts, no `.` and no empty part.
 * Throws `PathRefused` for everything that could mean another place on some file system. Judges the text only, never the disk;
 * policy is asked about the spelling that this returns.
 */
export function relativePath(path: string): string {
  if (path.length === 0)
    throw new PathRefused("The path is empty; give a path relative to the repository's root.");
  if (Buffer.byteLength(path) > 1_000) throw new PathRefused("The path is longer than 1,000 bytes.");
  // Bidirectional controls too: they make people read another name.
  if (/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(path))
    throw new PathRefused("The path holds a control character or a broken one.");
  if (path.includes("\\"))
    throw new PathRefused(`${path} holds a backslash; write the path with forward slashes.`);
  if (path.startsWith("/")) {
    throw new PathRefused(
      `${path} is absolute; give it relative to the repository's root, such as src/index.js.`,
    );
  }
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.length === 0) throw new PathRefused(`${path} is the repository's root, not a file.`);
  for (const part of parts) {
    if (/^\.{0,2}$/.test(visible(part)))
      throw new PathRefused(`${path} leaves the repository; ".." is not allowed in a path.`);
    if (isGitDirectory(part))
      throw new PathRefused(`${path} names Git's own directory, which is not content.`);
    if (Buffer.byteLength(part) > 255) throw new PathRefused("A part of the path is longer than 255 bytes.");
  }
  return parts.join("/");
}

/** Is this path one that the tools would accept as it is spelt? Paths of the base tree that are not stay out of sight. */
export function isRelativePath(path: string): boolean {
  try {
    return relativePath(path) === path;
  } catch (error) {
    if (error instanceof PathRefused) return false;
    throw error;
  }
}

// What HFS+ leaves out when it compares names (git's own list, utf8.c next_hfs_char).
const ignoredByHfs = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

function visible(part: string): string {
  return part.replace(ignoredByHfs, "");
}

/** `.git` as any file system may read it: case, HFS+'s invisible characters, NTFS's short name, streams, trailing dots and blanks. */
function isGitDirectory(part: string): boolean {
  const name = visible(part)
    .toLowerCase()
    .replace(/:.*$/, "")
    .replace(/[. ]+$/, "");
  return name === ".git" || /^git~\d+$/.test(name);
}
