import type { Call } from "./call.ts";
import type { Account, Role } from "./records/account.ts";
import type { Repository } from "./records/repository.ts";
import {
  archived,
  needsAdminRights,
  notAccessible,
  notFound,
  Refusal,
  requiresAuthentication,
} from "./refusal.ts";
import type { Actor } from "./world.ts";

const ROLES: Role[] = ["read", "triage", "write", "maintain", "admin"];

/** The role of an account in a repository, or null for an outsider. The owner of a personal repository is its admin. */
export function roleOf(repository: Repository, account: Account): Role | null {
  if (account.id === repository.owner.id) return "admin";
  return repository.collaborators.get(account.id) ?? null;
}

export const hasRole = (repository: Repository, account: Account, least: Role): boolean => {
  const role = roleOf(repository, account);
  return role !== null && ROLES.indexOf(role) >= ROLES.indexOf(least);
};

/** `issues:write`; several are alternatives, as GitHub documents for endpoints that serve issues and pull requests. */
export type Need = `${string}:${"read" | "write"}`;

/** What a route asks of its caller: an installation needs one of `needs`, a person the role. */
export type Door = { needs: Need | readonly Need[]; role: Role | "anyone" };

export const needsOf = (door: Door): readonly Need[] =>
  typeof door.needs === "string" ? [door.needs] : door.needs;

function grants(permissions: Record<string, string>, need: Need): boolean {
  const [name = "", access] = need.split(":");
  // Every installation has read access to metadata.
  const held = name === "metadata" ? (permissions[name] ?? "read") : permissions[name];
  return held === "write" || (held === "read" && access === "read");
}

/** Whether an installation token may do this in this repository; other kinds of callers are never asked for permissions. */
export function installationMay(actor: Actor, repository: Repository, need: Need): boolean {
  return actor.kind === "installation" && covers(actor, repository) && grants(actor.token.permissions, need);
}

/** Whether the token reaches this repository at all. */
function covers(actor: Actor, repository: Repository): boolean {
  if (actor.kind !== "installation") return false;
  const { installation, token } = actor;
  if (installation.account.id !== repository.owner.id) return false;
  if (installation.repositories !== "all" && !installation.repositories.has(repository.id)) return false;
  return token.repositories === null || token.repositories.has(repository.id);
}

/** Whether the repository can be seen at all; GitHub answers 404 for what may not be seen. */
export function canSee(actor: Actor, repository: Repository): boolean {
  if (!repository.private) return true;
  if (actor.kind === "installation") return covers(actor, repository);
  return actor.kind === "person" && roleOf(repository, actor.account) !== null;
}

/** Lets a call through to a handler or throws GitHub's refusal. */
export function checkAccess(call: Call, repository: Repository, door: Door): void {
  const { actor } = call;
  if (!canSee(actor, repository)) throw notFound();
  const needs = needsOf(door);
  const writes = needs.some((need) => need.endsWith(":write"));
  switch (actor.kind) {
    case "app":
      throw new Refusal(401, { message: "Bad credentials" });
    case "anonymous":
      if (writes || door.role !== "anyone") throw requiresAuthentication();
      break;
    case "installation":
      if (needs.some((need) => installationMay(actor, repository, need))) break;
      // What is public can be read with any token, unless the endpoint asks for more than reading.
      if (!writes && door.role === "anyone" && !repository.private) break;
      throw notAccessible();
    case "person":
      if (door.role === "anyone" || hasRole(repository, actor.account, door.role)) break;
      throw needsAdminRights();
  }
  if (writes && repository.archived) throw archived();
}
