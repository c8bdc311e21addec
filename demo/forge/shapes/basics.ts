import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import type { World } from "../world.ts";

/** GitHub's time format has no milliseconds. */
export const iso = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
export const isoOrNull = (at: Date | null): string | null => (at === null ? null : iso(at));

/** An opaque global id, as GraphQL wants it. The prefix says the type. */
export const nodeId = (prefix: string, id: number): string =>
  `${prefix}_${Buffer.from(`forge:${id}`).toString("base64url")}`;

export function fromNodeId(node: string): { prefix: string; id: number } | null {
  const cut = node.indexOf("_");
  const match = /^forge:(\d+)$/.exec(Buffer.from(node.slice(cut + 1), "base64url").toString("utf8"));
  return match === null ? null : { prefix: node.slice(0, cut), id: Number(match[1]) };
}

export const repositoryApi = (world: World, repository: Repository): string =>
  `${world.api}/repos/${repository.owner.login}/${repository.name}`;
export const repositoryHtml = (world: World, repository: Repository): string =>
  `${world.url}/${repository.owner.login}/${repository.name}`;

export function shapeAccount(world: World, account: Account) {
  const url = `${world.api}/users/${encodeURIComponent(account.login)}`;
  const bot = account.type === "Bot";
  const prefix = { User: "U", Organization: "O", Bot: "BOT" }[account.type];
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(prefix, account.id),
    avatar_url: `${world.url}/avatars/${account.id}`,
    gravatar_id: "",
    url,
    html_url: bot
      ? `${world.url}/apps/${account.login.replace("[bot]", "")}`
      : `${world.url}/${account.login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: "public",
    site_admin: false,
  };
}
