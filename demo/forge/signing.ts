import { createSign } from "node:crypto";
import { privateKeyIn } from "./app-keys.ts";
import type { World } from "./world.ts";

/** A stand-in for GitHub's own PGP signature: made with the forge's key, armoured as git stores it. */
export function signCommit(world: World, payload: string): string {
  const signature = createSign("RSA-SHA256")
    .update(payload)
    .sign(privateKeyIn(world.app.privateKey))
    .toString("base64");
  const lines = signature.replace(/(.{64})/g, "$1\n").trimEnd();
  return `-----BEGIN PGP SIGNATURE-----\n\n${lines}\n-----END PGP SIGNATURE-----\n`;
}
