import { createSign, createVerify, randomBytes } from "node:crypto";
import { privateKeyIn, publicKeyIn } from "./app-keys.ts";
import { asFields } from "./fields.ts";
import type { Access, Installation, InstallationToken } from "./records/installation.ts";
import { badCredentials, Refusal } from "./refusal.ts";
import type { Actor, World } from "./world.ts";

const decode = (part: string): unknown => {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return null;
  }
};

const refused = (message: string) => new Refusal(401, { message });

/** Checks the JWT of an app: RS256 with our key, our id as issuer, at most ten minutes of life. */
function verifyAppToken(world: World, jwt: string): void {
  const [head = "", body = "", signature = ""] = jwt.split(".");
  const header = asFields(decode(head));
  const claims = asFields(decode(body));
  const verified =
    header["alg"] === "RS256" &&
    createVerify("RSA-SHA256")
      .update(`${head}.${body}`)
      .verify(publicKeyIn(world.app.publicKey), Buffer.from(signature, "base64url"));
  if (!verified) throw refused("A JSON web token could not be decoded");
  const seconds = world.now().getTime() / 1000;
  const { iss, iat, exp } = { iss: claims["iss"], iat: claims["iat"], exp: claims["exp"] };
  if (String(iss) !== String(world.app.id) && iss !== world.app.clientId) {
    throw new Refusal(404, { message: "Integration not found" });
  }
  if (typeof exp !== "number")
    throw refused(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (exp <= seconds)
    throw refused(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (exp > seconds + 660) throw refused("'Expiration time' claim ('exp') is too far in the future");
  if (typeof iat !== "number" || iat > seconds + 60)
    throw refused(
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
}

/** A new installation token in the long form that GitHub hands out since April 2026: `ghs_APPID_JWT`, some 520 characters. */
export function mintToken(
  world: World,
  installation: Installation,
  narrowed: { permissions: Record<string, Access>; repositories: Set<number> | null },
): InstallationToken {
  const expiresAt = new Date(world.now().getTime() + world.levers.tokenLifetimeMs());
  const head = Buffer.from(JSON.stringify({ typ: "JWT", alg: "RS256" })).toString("base64url");
  const body = Buffer.from(
    JSON.stringify({
      jti: randomBytes(16).toString("hex"),
      sub: String(installation.id),
      exp: Math.floor(expiresAt.getTime() / 1000),
    }),
  ).toString("base64url");
  const signature = createSign("RSA-SHA256")
    .update(`${head}.${body}`)
    .sign(privateKeyIn(world.app.privateKey))
    .toString("base64url");
  const token: InstallationToken = {
    value: `ghs_${world.app.id}_${head}.${body}.${signature}`,
    installation,
    ...narrowed,
    expiresAt,
  };
  world.state.tokens.set(token.value, token);
  return token;
}

/** Who stands behind a token: an installation, or a person with a personal access token. */
function actorOfToken(world: World, value: string): Actor {
  const person = world.state.personalTokens.get(value);
  if (person !== undefined) return { kind: "person", account: person };
  const token = world.state.tokens.get(value);
  if (token === undefined || token.expiresAt <= world.now()) throw badCredentials();
  if (!world.state.installations.has(token.installation.id)) throw badCredentials();
  if (token.installation.suspendedAt !== null) {
    throw new Refusal(403, { message: "This installation has been suspended" });
  }
  return { kind: "installation", account: world.app.bot, installation: token.installation, token };
}

/** Reads the Authorization header: `Bearer`, `token`, or `Basic` as git sends it (the password is the token). */
export function authenticate(world: World, header: string | undefined): Actor {
  if (header === undefined || header === "") return { kind: "anonymous" };
  const [scheme = "", rest = ""] = header.split(/\s+/, 2);
  if (scheme.toLowerCase() === "basic") {
    const pair = Buffer.from(rest, "base64").toString("utf8");
    return actorOfToken(world, pair.slice(pair.indexOf(":") + 1));
  }
  if (!["bearer", "token"].includes(scheme.toLowerCase())) throw badCredentials();
  if (rest.split(".").length === 3 && !rest.startsWith("ghs_")) {
    verifyAppToken(world, rest);
    return { kind: "app" };
  }
  return actorOfToken(world, rest);
}

/** A short name of the caller for the request record; never the token itself. */
export const actorName = (world: World, actor: Actor): string =>
  actor.kind === "anonymous"
    ? "anonymous"
    : actor.kind === "app"
      ? `app ${world.app.slug}`
      : actor.account.login;
