import type { Installation } from "./records/installation.ts";
import { nodeId, shapeAccount } from "./shapes/basics.ts";
import { shapeRepository } from "./shapes/repository.ts";
import { installationOf } from "./state.ts";
import type { WebhookSender } from "./webhooks.ts";
import type { Happening, World } from "./world.ts";

/** Sent to every app, subscribed or not. */
const ALWAYS = new Set(["installation", "installation_repositories"]);
/** Sent to the app that owns the check, as soon as it may write checks. */
const OWN_CHECKS = new Set(["requested", "rerequested", "requested_action"]);

function isSubscribed(installation: Installation, happening: Happening): boolean {
  if (ALWAYS.has(happening.event)) return true;
  if (happening.event.startsWith("check_") && OWN_CHECKS.has(happening.action ?? "")) {
    return installation.permissions["checks"] === "write";
  }
  return installation.events.includes(happening.event);
}

/** Fills in what every webhook carries and hands it to the sender, when the app wants to hear of it. */
export function emit(world: World, sender: WebhookSender, happening: Happening): void {
  const { repository, event, action, payload } = happening;
  const installation =
    happening.installation ?? (repository === null ? null : installationOf(world.state, repository));
  if (installation === null || !isSubscribed(installation, happening)) return;
  // A suspended installation hears only of its own fate.
  if (installation.suspendedAt !== null && event !== "installation") return;
  const owner = repository?.owner ?? installation.account;
  sender.send({
    event,
    action,
    installationId: installation.id,
    repositoryId: repository?.id ?? null,
    // A snapshot: what changes afterwards must not change what was sent.
    payload: structuredClone({
      ...(action === null ? {} : { action }),
      ...(repository === null ? {} : { repository: shapeRepository(world, repository) }),
      ...(owner.type === "Organization"
        ? { organization: shapeOrganization(world, owner.login, owner.id) }
        : {}),
      sender: shapeAccount(world, happening.sender),
      ...(ALWAYS.has(event)
        ? {}
        : {
            installation: {
              id: installation.id,
              node_id: nodeId("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u", installation.id),
            },
          }),
      ...payload,
    }),
  });
}

function shapeOrganization(world: World, login: string, id: number) {
  const url = `${world.api}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId("O", id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.url}/avatars/${id}`,
    description: "",
  };
}
