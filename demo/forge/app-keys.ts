import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

const parsed = new Map<string, KeyObject>();

/** To read a key from its PEM takes ten times as long as to sign with it, so each is read once. */
function once(pem: string, read: (pem: string) => KeyObject): KeyObject {
  const known = parsed.get(pem) ?? read(pem);
  parsed.set(pem, known);
  return known;
}

export const privateKeyIn = (pem: string): KeyObject => once(pem, createPrivateKey);
export const publicKeyIn = (pem: string): KeyObject => once(pem, createPublicKey);
