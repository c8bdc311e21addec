import { created, noContent, numberParam, ok, type RepositoryCall } from "../call.ts";
import { text } from "../fields.ts";
import { page } from "../paging.ts";
import type { Reaction } from "../records/issue.ts";
import { notFound, validationFailed } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { REACTIONS, shapeReaction } from "../shapes/reactions.ts";
import { commentOf } from "./comments.ts";
import { callerOf, issueOf } from "./issues.ts";
import { reviewCommentOf } from "./review-comments.ts";

type Holder = (call: RepositoryCall) => { reactions: Reaction[] };

/** A second reaction of the same kind by the same account answers 200 with the first one. */
function react(call: RepositoryCall, holder: Holder) {
  const content = text(call.body, "content");
  if (!REACTIONS.some((known) => known === content)) {
    throw validationFailed({ resource: "Reaction", code: "invalid", field: "content" });
  }
  const { reactions } = holder(call);
  const author = callerOf(call);
  const twin = reactions.find((one) => one.author === author && one.content === content);
  if (twin !== undefined) return ok(shapeReaction(call.world, twin));
  const reaction: Reaction = { id: call.world.state.nextId(), content, author, createdAt: call.world.now() };
  reactions.push(reaction);
  return created(shapeReaction(call.world, reaction));
}

function unreact(call: RepositoryCall, holder: Holder) {
  const { reactions } = holder(call);
  const at = reactions.findIndex((one) => one.id === numberParam(call, "reaction"));
  if (at === -1) throw notFound();
  reactions.splice(at, 1);
  return noContent();
}

function routesFor(base: string, holder: Holder, permission: "issues" | "pull_requests"): RepositoryRoutes {
  const read = { needs: `${permission}:read`, role: "anyone" } as const;
  const write = { needs: `${permission}:write`, role: "anyone" } as const;
  return {
    [`GET ${base}/reactions`]: {
      ...read,
      run: (call) => page(call, holder(call).reactions, (one) => shapeReaction(call.world, one)),
    },
    [`POST ${base}/reactions`]: { ...write, run: (call) => react(call, holder) },
    [`DELETE ${base}/reactions/:reaction`]: { ...write, run: (call) => unreact(call, holder) },
  };
}

export const reactionRoutes: RepositoryRoutes = {
  ...routesFor("/repos/:owner/:repo/issues/:number", issueOf, "issues"),
  ...routesFor("/repos/:owner/:repo/issues/comments/:id", (call) => commentOf(call).comment, "issues"),
  ...routesFor(
    "/repos/:owner/:repo/pulls/comments/:id",
    (call) => reviewCommentOf(call).comment,
    "pull_requests",
  ),
};
