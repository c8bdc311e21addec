import { createHash } from "node:crypto";

/** SHA-256 (hex) of an issue's title and body exactly as GitHub carried them: equal hashes mean that nobody has edited since. */
export function issueTextHash(title: string, body: string): string {
  return createHash("sha256")
    .update(JSON.stringify([title, body]))
    .digest("hex");
}
