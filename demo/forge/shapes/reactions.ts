import { roleOf } from "../permissions.ts";
import type { Account } from "../records/account.ts";
import type { Reaction } from "../records/issue.ts";
import type { Repository } from "../records/repository.ts";
import type { World } from "../world.ts";
import { iso, nodeId, shapeAccount } from "./basics.ts";

export const REACTIONS = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"] as const;

export function shapeReactionTotals(url: string, reactions: readonly Reaction[]) {
  const count = (content: string) => reactions.filter((reaction) => reaction.content === content).length;
  return {
    url: `${url}/reactions`,
    total_count: reactions.length,
    "+1": count("+1"),
    "-1": count("-1"),
    laugh: count("laugh"),
    hooray: count("hooray"),
    confused: count("confused"),
    heart: count("heart"),
    rocket: count("rocket"),
    eyes: count("eyes"),
  };
}

export function shapeReaction(world: World, reaction: Reaction) {
  return {
    id: reaction.id,
    node_id: nodeId("REA", reaction.id),
    user: shapeAccount(world, reaction.author),
    content: reaction.content,
    created_at: iso(reaction.createdAt),
  };
}

/** GitHub's hint of how close an author is to a repository. It is known to lie for private members: nobody should trust it. */
export function associationOf(repository: Repository, account: Account): string {
  if (account.id === repository.owner.id) return "OWNER";
  return roleOf(repository, account) === null ? "NONE" : "COLLABORATOR";
}
