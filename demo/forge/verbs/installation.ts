import type { Account } from "../records/account.ts";
import type { Access, Installation } from "../records/installation.ts";
import type { Repository } from "../records/repository.ts";
import { shapeInstallation } from "../shapes/app.ts";
import { nodeId } from "../shapes/basics.ts";
import type { World } from "../world.ts";

/** Repositories as installation events list them. */
const shapeBrief = (repository: Repository) => ({
  id: repository.id,
  node_id: nodeId("R", repository.id),
  name: repository.name,
  full_name: `${repository.owner.login}/${repository.name}`,
  private: repository.private,
});

function covered(world: World, installation: Installation): Repository[] {
  return [...world.state.repositories.values()].filter(
    (one) =>
      one.owner.id === installation.account.id &&
      (installation.repositories === "all" || installation.repositories.has(one.id)),
  );
}

function tell(
  world: World,
  installation: Installation,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
) {
  world.emit({
    event: "installation",
    action,
    repository: null,
    sender,
    installation,
    payload: { installation: shapeInstallation(world, installation), ...extra },
  });
}

const tellWithRepositories = (world: World, installation: Installation, action: string, sender: Account) =>
  tell(world, installation, action, sender, {
    repositories: covered(world, installation).map(shapeBrief),
    requester: null,
  });

export function install(
  world: World,
  account: Account,
  wanted: { permissions: Record<string, Access>; events: string[]; repositories: "all" | Set<number> },
): Installation {
  const at = world.now();
  const installation: Installation = {
    ...wanted,
    id: world.state.nextId(),
    account,
    suspendedAt: null,
    suspendedBy: null,
    createdAt: at,
    updatedAt: at,
  };
  world.state.installations.set(installation.id, installation);
  tellWithRepositories(world, installation, "created", account);
  return installation;
}

export function uninstall(world: World, installation: Installation, sender: Account): void {
  tellWithRepositories(world, installation, "deleted", sender);
  world.state.installations.delete(installation.id);
}

export function setSuspended(
  world: World,
  installation: Installation,
  sender: Account,
  suspended: boolean,
): void {
  installation.suspendedAt = suspended ? world.now() : null;
  installation.suspendedBy = suspended ? sender : null;
  tellWithRepositories(world, installation, suspended ? "suspend" : "unsuspend", sender);
}

/** The owner grants or takes permissions; tokens that were handed out keep what they had. */
export function setPermissions(
  world: World,
  installation: Installation,
  permissions: Record<string, Access>,
  sender: Account,
) {
  installation.permissions = permissions;
  installation.updatedAt = world.now();
  tellWithRepositories(world, installation, "new_permissions_accepted", sender);
}

/** Adds repositories to an installation that has a list of them, or takes them away. */
export function changeRepositories(
  world: World,
  installation: Installation,
  change: Moved,
  sender: Account,
): void {
  if (installation.repositories === "all") {
    installation.repositories = new Set(covered(world, installation).map((one) => one.id));
  }
  for (const one of change.added) installation.repositories.add(one.id);
  for (const one of change.removed) installation.repositories.delete(one.id);
  installation.updatedAt = world.now();
  tellMoved(world, installation, change, sender);
}

type Moved = { added: readonly Repository[]; removed: readonly Repository[] };

/** Tells the app that repositories came into an installation or left it. */
export function tellMoved(world: World, installation: Installation, change: Moved, sender: Account): void {
  for (const action of ["added", "removed"] as const) {
    if (change[action].length === 0) continue;
    world.emit({
      event: "installation_repositories",
      action,
      repository: null,
      sender,
      installation,
      payload: {
        installation: shapeInstallation(world, installation),
        repository_selection: installation.repositories === "all" ? "all" : "selected",
        repositories_added: action === "added" ? change.added.map(shapeBrief) : [],
        repositories_removed: action === "removed" ? change.removed.map(shapeBrief) : [],
        requester: null,
      },
    });
  }
}
