import { statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Whether a user without any privilege gets to `path`: each directory above it lets them through, and the thing itself can be
 * read. A cache under root's home (mode 0700) cannot be reached once root is dropped. Access lists beyond the mode bits are
 * not looked at; the worst that a wrong "no" costs is one mount.
 */
export function canReach(path: string, user: { uid: number; gid: number }): boolean {
  const [read, pass] = [4, 1];
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if (!allows(directory, pass, user)) return false;
    if (directory === "/") break;
  }
  return allows(path, statSync(path).isDirectory() ? read | pass : read, user);
}

function allows(path: string, bits: number, user: { uid: number; gid: number }): boolean {
  const { mode, uid, gid } = statSync(path);
  const granted = uid === user.uid ? mode >> 6 : gid === user.gid ? mode >> 3 : mode;
  return (granted & bits) === bits;
}
