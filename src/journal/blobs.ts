import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, brotliDecompress, constants } from "node:zlib";
import type { Redis } from "ioredis";
import { laterIfFull } from "./full-redis.ts";
import type { Blobs } from "./journal.ts";
import { createKeys } from "./keys.ts";

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

// Quality 4 took 0.9 ms for 57 kB of prose and kept 42 % of it; 11, the default, takes a hundred times longer.
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const maxBytes = 64 * 1024 * 1024;
const defaultTtlMs = 90 * 24 * 60 * 60 * 1_000;

/** Nothing more can be done with this digest: its content has run out, was never stored, or is damaged. */
export class BlobGone extends Error {
  readonly digest: string;
  constructor(digest: string, problem: string, options?: ErrorOptions) {
    super(`The content ${digest.slice(0, 12)}… ${problem}`, options);
    this.name = "BlobGone";
    this.digest = digest;
  }
}

/** Content under the SHA-256 of what was put in (hex), compressed, for `ttlMs` from the last time it was put (default 90 days). */
export function createBlobs(options: { redis: Redis; prefix: string; ttlMs?: number }): Blobs {
  const { redis, ttlMs = defaultTtlMs } = options;
  const keys = createKeys(options.prefix);

  async function get(digest: string): Promise<Uint8Array> {
    const stored = await redis.getBuffer(keys.blob(digest));
    if (!stored)
      throw new BlobGone(digest, "is gone: it was kept for its lifetime only, or was never stored.");
    const content = await decompress(stored, { maxOutputLength: maxBytes }).catch((error: unknown) => {
      throw new BlobGone(digest, "is damaged: it cannot be unpacked.", { cause: error });
    });
    if (sha256(content) !== digest) throw new BlobGone(digest, "is damaged: it does not match its digest.");
    return content;
  }

  return {
    async put(content) {
      const bytes = typeof content === "string" ? Buffer.from(content, "utf8") : content;
      if (bytes.byteLength > maxBytes) {
        throw new RangeError(
          `Content of ${bytes.byteLength} bytes is too large to keep: at most ${maxBytes} are stored.`,
        );
      }
      const digest = sha256(bytes);
      const packed = await compress(bytes, fast);
      await redis.set(keys.blob(digest), packed, "PX", ttlMs).catch((error: unknown) => {
        throw laterIfFull(error);
      });
      return digest;
    },
    get,
    getText: async (digest) => Buffer.from(await get(digest)).toString("utf8"),
  };
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}
