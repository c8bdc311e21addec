import type { Command } from "../commands/command.ts";
import type { Actor, RepositoryRef } from "../run/request.ts";
import type { FromSomebody } from "./payloads.ts";

export interface TranslationRules {
  /** our own App: what it does starts and wakes nothing */
  appId: number;
  label: string;
  /** numeric ids of bots that may ask; names can be faked */
  botIds: readonly number[];
}

/**
 * `body` is the cleaned text of the issue, to be kept as the blob that `issue.bodyDigest` names (its SHA-256, hex).
 * There is one command, but for an installation of many repositories.
 */
export type Translation =
  | { outcome: "asked"; commands: readonly Command[]; body: string | null }
  | { outcome: "ignored"; because: string }
  | { outcome: "not_understood"; because: string };

export function asked(command: Command, body: string | null = null): Translation {
  return { outcome: "asked", commands: [command], body };
}

export function ignored(because: string): Translation {
  return { outcome: "ignored", because };
}

export function whereAndWho(deliveryId: string, { repository, installation, sender }: FromSomebody) {
  const ref: RepositoryRef = {
    id: repository.id,
    owner: repository.owner.login,
    name: repository.name,
    installationId: installation.id,
  };
  const actor: Actor = { id: sender.id, login: sender.login };
  return { deliveryId, installationId: installation.id, repository: ref, actor };
}

export function isUnlistedBot({ sender }: FromSomebody, rules: TranslationRules): boolean {
  return sender.type !== "User" && !rules.botIds.includes(sender.id);
}
