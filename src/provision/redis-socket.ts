import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `sun_path` holds 108 bytes with its closing zero on Linux, 104 on macOS (unix(7)); Redis binds a temporary name beside it. */
const longestSocketPath = 100;

/** ioredis percent-encodes every other character of a socket's path and then finds nothing there (6.0.0, measured). */
const survivesUrl = /^[A-Za-z0-9._/-]+$/;

/**
 * Where the server of a data directory listens: in that directory, or, when that path is too long or too odd for a socket, in a
 * directory of this user's own under the system's temporary directory, named by a hash: every process finds the same one.
 */
export function redisSocketPath(dataDir: string): string {
  const usual = join(dataDir, "redis.sock");
  if (Buffer.byteLength(usual) <= longestSocketPath && survivesUrl.test(usual)) return usual;
  const user = process.geteuid?.() ?? 0;
  const digest = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  const directory = join(tmpdir(), `fixpoint-${user}-${digest}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // The temporary directory belongs to everybody: whoever made the name first could else answer in our server's place.
  const found = lstatSync(directory);
  if (!found.isDirectory() || found.uid !== user || (found.mode & 0o077) !== 0) {
    throw new Error(
      `${directory} must be a directory that only this user can enter. Remove it, or choose a data directory with a short, plain path instead of ${dataDir}.`,
    );
  }
  return join(directory, "redis.sock");
}
