import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import { shapeAccount } from "../shapes/basics.ts";
import { installationOf } from "../state.ts";
import type { World } from "../world.ts";
import { tellMoved } from "./installation.ts";

function tell(
  world: World,
  repository: Repository,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
) {
  repository.updatedAt = world.now();
  world.emit({ event: "repository", action, repository, sender, payload: extra });
}

const fullName = (repository: Repository) => `${repository.owner.login}/${repository.name}`.toLowerCase();

export function renameRepository(world: World, repository: Repository, name: string, sender: Account): void {
  const from = repository.name;
  repository.formerNames.push(fullName(repository));
  repository.name = name;
  tell(world, repository, "renamed", sender, { changes: { repository: { name: { from } } } });
}

/** Gives the repository to another account: the installation of the former owner loses it, that of the new one gets it. */
export function transferRepository(
  world: World,
  repository: Repository,
  owner: Account,
  sender: Account,
): void {
  const from = repository.owner;
  const before = installationOf(world.state, repository);
  if (before !== null) tellMoved(world, before, { added: [], removed: [repository] }, sender);
  repository.formerNames.push(fullName(repository));
  repository.owner = owner;
  const after = installationOf(world.state, repository);
  if (after !== null) tellMoved(world, after, { added: [repository], removed: [] }, sender);
  const was = shapeAccount(world, from);
  tell(world, repository, "transferred", sender, {
    changes: { owner: { from: from.type === "Organization" ? { organization: was } : { user: was } } },
  });
}

export function archiveRepository(
  world: World,
  repository: Repository,
  archived: boolean,
  sender: Account,
): void {
  repository.archived = archived;
  tell(world, repository, archived ? "archived" : "unarchived", sender);
}

export function setPrivate(world: World, repository: Repository, hidden: boolean, sender: Account): void {
  repository.private = hidden;
  tell(world, repository, hidden ? "privatized" : "publicized", sender);
}

export function deleteRepository(world: World, repository: Repository, sender: Account): void {
  tell(world, repository, "deleted", sender);
  world.state.repositories.delete(repository.id);
}
