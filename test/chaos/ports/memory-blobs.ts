import { createHash } from "node:crypto";
import { BlobGone } from "../../../src/journal/blobs.ts";
import type { Blobs } from "../../../src/journal/journal.ts";
import type { Gate } from "../gate.ts";
import type { Shelf } from "./shelf.ts";

/** Content under its SHA-256, without compression and for ever. */
export function createMemoryBlobs({ shelf, gate }: { shelf: Shelf; gate: Gate }): Blobs {
  const get = (digest: string) =>
    gate({ port: "redis", what: "get blob" }, () => {
      const found = shelf.blobs.get(digest);
      if (!found)
        throw new BlobGone(digest, "is gone: it was kept for its lifetime only, or was never stored.");
      return Uint8Array.from(found);
    });
  return {
    async put(content) {
      const bytes = Uint8Array.from(typeof content === "string" ? Buffer.from(content, "utf8") : content);
      const digest = createHash("sha256").update(bytes).digest("hex");
      await gate({ port: "redis", what: "put blob" }, () => void shelf.blobs.set(digest, bytes));
      return digest;
    },
    get,
    getText: async (digest) => Buffer.from(await get(digest)).toString("utf8"),
  };
}
