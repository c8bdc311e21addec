import { createHmac, createSecretKey, type Hmac, type KeyObject, timingSafeEqual } from "node:crypto";

/** A key object is made once; a string would be turned into one for each delivery. */
export function signingKey(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, "utf8"));
}

/** Fed with the raw bytes while they arrive, so that a body need not be kept to be checked. */
export function startSignature(key: KeyObject): Hmac {
  return createHmac("sha256", key);
}

/** The 32 bytes that `X-Hub-Signature-256` claims, or null. The older `X-Hub-Signature` is SHA-1 and never looked at. */
export function claimedSignature(header: string | string[] | undefined): Buffer | null {
  const match = typeof header === "string" ? /^sha256=([0-9a-f]{64})$/i.exec(header) : null;
  return match?.[1] ? Buffer.from(match[1], "hex") : null;
}

/** In constant time, so that a forger learns nothing from how long it took. */
export function isSignedBy(signature: Hmac, claimed: Buffer): boolean {
  return timingSafeEqual(signature.digest(), claimed);
}
