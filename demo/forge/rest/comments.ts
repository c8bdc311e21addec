import { created, noContent, numberParam, ok, type RepositoryCall } from "../call.ts";
import { text } from "../fields.ts";
import { page } from "../paging.ts";
import { hasRole, installationMay } from "../permissions.ts";
import type { Comment, Issue } from "../records/issue.ts";
import { needsAdminRights, notAccessible, notFound, Refusal, validationFailed } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { shapeComment } from "../shapes/issue.ts";
import { emitComment } from "../verbs/issue.ts";
import { callerOf, checkBody, checkIssueWrite, issueOf } from "./issues.ts";

/** The comment of the path and the issue it stands under. */
export function commentOf(call: RepositoryCall): { issue: Issue; comment: Comment } {
  const id = numberParam(call, "id");
  for (const issue of call.repository.issues.values()) {
    const comment = issue.comments.find((one) => one.id === id);
    if (comment !== undefined) return { issue, comment };
  }
  throw notFound();
}

function checkedText(call: RepositoryCall): string {
  const body = text(call.body, "body");
  if (body.trim() === "")
    throw validationFailed({
      resource: "IssueComment",
      code: "unprocessable",
      field: "data",
      message: "Body cannot be blank",
    });
  return checkBody("IssueComment", body) ?? "";
}

/** A person changes only their own comments, unless they may write; the app changes its own and, with `issues: write`, others. */
function checkMayChange(call: RepositoryCall, comment: Comment): void {
  const caller = callerOf(call);
  if (call.actor.kind === "installation") {
    if (installationMay(call.actor, call.repository, "issues:write")) return;
    if (!installationMay(call.actor, call.repository, "pull_requests:write")) throw notAccessible();
  } else if (comment.author !== caller && !hasRole(call.repository, caller, "write"))
    throw needsAdminRights();
}

async function createComment(call: RepositoryCall) {
  const issue = issueOf(call);
  checkIssueWrite(call, issue);
  const author = callerOf(call);
  if (issue.locked && !hasRole(call.repository, author, "write") && call.actor.kind !== "installation") {
    throw new Refusal(403, { message: "Unable to create comment because issue is locked." });
  }
  const body = checkedText(call);
  const at = call.world.now();
  const viaApp = call.actor.kind === "installation";
  const comment: Comment = {
    id: call.world.state.nextId(),
    body,
    author,
    viaApp,
    reactions: [],
    createdAt: at,
    updatedAt: at,
  };
  issue.comments.push(comment);
  issue.updatedAt = at;
  emitComment(call.world, call.repository, issue, comment, "created", author);
  return created(shapeComment(call.world, call.repository, issue, comment));
}

async function updateComment(call: RepositoryCall) {
  const { issue, comment } = commentOf(call);
  checkMayChange(call, comment);
  const body = checkedText(call);
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = call.world.now();
  if (from !== body) {
    emitComment(call.world, call.repository, issue, comment, "edited", callerOf(call), {
      changes: { body: { from } },
    });
  }
  return ok(shapeComment(call.world, call.repository, issue, comment));
}

async function deleteComment(call: RepositoryCall) {
  const { issue, comment } = commentOf(call);
  checkMayChange(call, comment);
  issue.comments = issue.comments.filter((one) => one !== comment);
  emitComment(call.world, call.repository, issue, comment, "deleted", callerOf(call));
  return noContent();
}

type Placed = { issue: Issue; comment: Comment; createdAt: Date };

function listComments(call: RepositoryCall, issues: Iterable<Issue>) {
  const since = call.query.get("since");
  const placed: Placed[] = [...issues]
    .flatMap((issue) => issue.comments.map((comment) => ({ issue, comment, createdAt: comment.createdAt })))
    .filter(({ comment }) => since === null || comment.updatedAt >= new Date(since))
    .sort((a, b) => a.comment.id - b.comment.id);
  return page(call, placed, ({ issue, comment }) =>
    shapeComment(call.world, call.repository, issue, comment),
  );
}

const read = { needs: ["issues:read", "pull_requests:read"], role: "anyone" } as const;
const write = { needs: ["issues:write", "pull_requests:write"], role: "anyone" } as const;

export const commentRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/issues/:number/comments": {
    ...read,
    run: (call) => listComments(call, [issueOf(call)]),
  },
  "POST /repos/:owner/:repo/issues/:number/comments": { ...write, run: createComment },
  "GET /repos/:owner/:repo/issues/comments": {
    ...read,
    run: (call) => listComments(call, call.repository.issues.values()),
  },
  "GET /repos/:owner/:repo/issues/comments/:id": {
    ...read,
    run: (call) => {
      const { issue, comment } = commentOf(call);
      return ok(shapeComment(call.world, call.repository, issue, comment));
    },
  },
  "PATCH /repos/:owner/:repo/issues/comments/:id": { ...write, run: updateComment },
  "DELETE /repos/:owner/:repo/issues/comments/:id": { ...write, run: deleteComment },
};
