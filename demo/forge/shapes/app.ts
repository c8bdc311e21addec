import type { Installation, InstallationToken } from "../records/installation.ts";
import type { World } from "../world.ts";
import { iso, isoOrNull, nodeId, shapeAccount } from "./basics.ts";
import { shapeRepository } from "./repository.ts";

/** The app as it stands in comments, check runs and `GET /app`. */
export function shapeOurApp(world: World) {
  const { app } = world;
  return {
    id: app.id,
    client_id: app.clientId,
    slug: app.slug,
    node_id: app.nodeId,
    owner: shapeAccount(world, app.owner),
    name: app.name,
    description: "",
    external_url: `${world.url}/apps/${app.slug}`,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: iso(app.createdAt),
    updated_at: iso(app.createdAt),
    permissions: { ...app.permissions },
    events: [...app.events],
  };
}

/** The built-in app that owns the check runs of workflows; its id is GitHub's own. */
export function shapeActionsApp(world: World) {
  return {
    id: world.actions.id,
    client_id: "Iv1.05c79e9ad1f6bdfa",
    slug: "github-actions",
    node_id: nodeId("A", world.actions.id),
    owner: { ...shapeAccount(world, world.app.owner), login: "github", type: "Organization" },
    name: "GitHub Actions",
    description: "Automate your workflow from idea to production",
    external_url: `${world.url}/features/actions`,
    html_url: `${world.url}/apps/github-actions`,
    created_at: iso(world.app.createdAt),
    updated_at: iso(world.app.createdAt),
    permissions: { actions: "write", checks: "write", contents: "read", metadata: "read", statuses: "write" },
    events: [],
  };
}

export function shapeInstallation(world: World, installation: Installation) {
  const { account } = installation;
  return {
    id: installation.id,
    client_id: world.app.clientId,
    account: shapeAccount(world, account),
    repository_selection: installation.repositories === "all" ? "all" : "selected",
    access_tokens_url: `${world.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.api}/installation/repositories`,
    html_url: `${world.url}/settings/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account.type === "Organization" ? "Organization" : "User",
    permissions: { ...installation.permissions },
    events: [...installation.events],
    created_at: iso(installation.createdAt),
    updated_at: iso(installation.updatedAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: installation.suspendedBy === null ? null : shapeAccount(world, installation.suspendedBy),
    suspended_at: isoOrNull(installation.suspendedAt),
  };
}

export function shapeToken(world: World, token: InstallationToken) {
  const repositories = [...(token.repositories ?? [])].flatMap(
    (id) => world.state.repositories.get(id) ?? [],
  );
  return {
    token: token.value,
    expires_at: iso(token.expiresAt),
    permissions: { ...token.permissions },
    repository_selection:
      token.repositories === null && token.installation.repositories === "all" ? "all" : "selected",
    ...(token.repositories === null
      ? {}
      : { repositories: repositories.map((one) => shapeRepository(world, one)) }),
  };
}
