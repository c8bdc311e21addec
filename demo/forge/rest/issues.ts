import { created, noContent, numberParam, ok, type RepositoryCall } from "../call.ts";
import { optionalText, text, textOrNull, texts } from "../fields.ts";
import { page } from "../paging.ts";
import { hasRole, installationMay } from "../permissions.ts";
import type { Account } from "../records/account.ts";
import type { Issue } from "../records/issue.ts";
import {
  needsAdminRights,
  notAccessible,
  notFound,
  Refusal,
  requiresAuthentication,
  validationFailed,
} from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { nodeId, shapeAccount } from "../shapes/basics.ts";
import { shapeIssue } from "../shapes/issue.ts";
import { isPull } from "../shapes/pull.ts";
import { findAccount } from "../state.ts";
import { emitIssue, labelIssue, labelNamed, newIssue, noteLabeling } from "../verbs/issue.ts";
import { closePull, emitPull } from "../verbs/pull.ts";

/** The longest body that GitHub stores. */
const MAX_BODY = 65_536;

export function checkBody(resource: string, body: string | null): string | null {
  if (body !== null && body.length > MAX_BODY) {
    throw validationFailed({
      resource,
      code: "custom",
      field: "body",
      message: `body is too long (maximum is ${MAX_BODY} characters)`,
    });
  }
  return body;
}

/** The account that acts; anonymous callers have none. */
export function callerOf(call: RepositoryCall): Account {
  if (call.actor.kind === "anonymous" || call.actor.kind === "app") throw requiresAuthentication();
  return call.actor.account;
}

export function issueOf(call: RepositoryCall): Issue {
  const issue = call.repository.issues.get(numberParam(call, "number"));
  if (issue === undefined) throw notFound();
  if (issue.deleted) throw new Refusal(410, { message: "This issue was deleted" });
  return issue;
}

/** Writing to a pull request through the issues API is allowed with either permission, to an issue only with `issues`. */
export function checkIssueWrite(call: RepositoryCall, issue: Issue): void {
  if (call.actor.kind !== "installation" || issue.pull !== null) return;
  if (!installationMay(call.actor, call.repository, "issues:write")) throw notAccessible();
}

const shape = (call: RepositoryCall, issue: Issue) => shapeIssue(call.world, call.repository, issue);

async function listIssues(call: RepositoryCall) {
  const { query, repository } = call;
  const state = query.get("state") ?? "open";
  const labels = (query.get("labels") ?? "").split(",").filter(Boolean);
  const since = query.get("since");
  const creator = query.get("creator");
  const found = [...repository.issues.values()]
    .filter((issue) => !issue.deleted && (state === "all" || issue.state === state))
    .filter((issue) =>
      labels.every((name) => issue.labels.some((label) => label.name.toLowerCase() === name.toLowerCase())),
    )
    .filter((issue) => since === null || issue.updatedAt >= new Date(since))
    .filter((issue) => creator === null || issue.author.login === creator)
    .sort((a, b) => b.number - a.number);
  if (query.get("direction") === "asc") found.reverse();
  return page(call, found, (issue) => shape(call, issue));
}

async function createIssue(call: RepositoryCall) {
  const author = callerOf(call);
  const title = text(call.body, "title");
  if (title.trim() === "")
    throw validationFailed({ resource: "Issue", code: "missing_field", field: "title" });
  const body = checkBody("Issue", textOrNull(call.body, "body"));
  const issue = newIssue(call.world, call.repository, {
    title,
    body,
    author,
    viaApp: call.actor.kind === "installation",
  });
  // People without triage rights may open an issue; their labels are left out without a word.
  const mayLabel = call.actor.kind === "installation" || hasRole(call.repository, author, "triage");
  const labels = mayLabel ? (texts(call.body, "labels") ?? []) : [];
  issue.labels = labels.map((name) => labelNamed(call.world, call.repository, name, author));
  issue.assignees = (texts(call.body, "assignees") ?? []).flatMap(
    (login) => findAccount(call.world.state, login) ?? [],
  );
  emitIssue(call.world, call.repository, issue, "opened", author);
  for (const label of issue.labels) noteLabeling(call.world, issue, "labeled", label, author);
  for (const label of issue.labels) emitIssue(call.world, call.repository, issue, "labeled", author, label);
  return created(shape(call, issue));
}

async function updateIssue(call: RepositoryCall) {
  const { world, repository, body } = call;
  const issue = issueOf(call);
  checkIssueWrite(call, issue);
  const sender = callerOf(call);
  if (call.actor.kind === "person" && issue.author !== sender && !hasRole(repository, sender, "triage"))
    throw needsAdminRights();
  const changes: Record<string, { from: string }> = {};
  const title = optionalText(body, "title");
  if (typeof title === "string" && title !== issue.title) {
    changes["title"] = { from: issue.title };
    issue.title = title;
  }
  const text = optionalText(body, "body");
  if (text !== undefined && text !== issue.body) {
    changes["body"] = { from: issue.body ?? "" };
    issue.body = checkBody("Issue", text);
  }
  issue.updatedAt = world.now();
  if (Object.keys(changes).length > 0) {
    if (isPull(issue)) await emitPull(world, repository, issue, "edited", sender, { changes });
    else emitIssue(world, repository, issue, "edited", sender, undefined, { changes });
  }
  const labels = texts(body, "labels");
  if (labels !== undefined) await labelIssue(world, repository, issue, labels, sender, "replace");
  await updateState(call, issue, sender);
  return ok(shape(call, issue));
}

async function updateState(call: RepositoryCall, issue: Issue, sender: Account) {
  const { world, repository, body } = call;
  const state = optionalText(body, "state");
  if (state === undefined || state === null || state === issue.state) return;
  if (state !== "open" && state !== "closed") {
    throw validationFailed({ resource: "Issue", code: "invalid", field: "state" });
  }
  if (isPull(issue)) {
    if (state === "closed") return closePull(world, repository, issue, sender);
    if (issue.pull.mergedAt !== null) {
      throw validationFailed({
        resource: "PullRequest",
        code: "invalid",
        field: "state",
        message: "state cannot be changed. The pull request cannot be reopened.",
      });
    }
  }
  const reason = optionalText(body, "state_reason");
  issue.state = state;
  issue.stateReason =
    state === "open" ? "reopened" : reason === "not_planned" || reason === "duplicate" ? reason : "completed";
  issue.closedAt = state === "closed" ? world.now() : null;
  issue.closedBy = state === "closed" ? sender : null;
  const action = state === "closed" ? "closed" : "reopened";
  if (isPull(issue)) await emitPull(world, repository, issue, action, sender);
  else emitIssue(world, repository, issue, action, sender);
}

async function setLocked(call: RepositoryCall, isLocked: boolean) {
  const { world, repository } = call;
  const issue = issueOf(call);
  issue.locked = isLocked;
  const action = isLocked ? "locked" : "unlocked";
  if (isPull(issue)) await emitPull(world, repository, issue, action, callerOf(call));
  else emitIssue(world, repository, issue, action, callerOf(call));
  return noContent();
}

async function assign(call: RepositoryCall) {
  const { world, repository } = call;
  const issue = issueOf(call);
  for (const login of texts(call.body, "assignees") ?? []) {
    const account = findAccount(world.state, login);
    // GitHub leaves out whom it cannot assign, without an error.
    if (account === null || issue.assignees.includes(account) || !hasRole(repository, account, "read"))
      continue;
    issue.assignees.push(account);
    const extra = { assignee: shapeAccount(world, account) };
    if (isPull(issue)) await emitPull(world, repository, issue, "assigned", callerOf(call), extra);
    else emitIssue(world, repository, issue, "assigned", callerOf(call), undefined, extra);
  }
  return created(shape(call, issue));
}

/** Labels that came and went, oldest first; other events are not kept. */
const listEvents = (call: RepositoryCall) =>
  page(call, issueOf(call).labelings, ({ id, event, actor, label, createdAt }) => ({
    id,
    event,
    actor: shapeAccount(call.world, actor),
    label: { name: label.name, color: label.color },
    created_at: createdAt.toISOString(),
    commit_id: null,
    commit_url: null,
    node_id: nodeId("LE", id),
    url: `${call.world.api}/repos/${call.repository.owner.login}/${call.repository.name}/issues/events/${id}`,
    performed_via_github_app: null,
  }));

const read = { needs: ["issues:read", "pull_requests:read"], role: "anyone" } as const;
const write = { needs: ["issues:write", "pull_requests:write"], role: "anyone" } as const;

export const issueRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/issues": { needs: "issues:read", role: "anyone", run: listIssues },
  "POST /repos/:owner/:repo/issues": { needs: "issues:write", role: "anyone", run: createIssue },
  "GET /repos/:owner/:repo/issues/:number": {
    ...read,
    run: (call) => {
      const issue = issueOf(call);
      const closedBy = issue.closedBy === null ? null : shapeAccount(call.world, issue.closedBy);
      return ok({ ...shape(call, issue), closed_by: closedBy });
    },
  },
  "GET /repos/:owner/:repo/issues/:number/events": { ...read, run: listEvents },
  "PATCH /repos/:owner/:repo/issues/:number": { ...write, run: updateIssue },
  "PUT /repos/:owner/:repo/issues/:number/lock": {
    ...write,
    role: "triage",
    run: (call) => setLocked(call, true),
  },
  "DELETE /repos/:owner/:repo/issues/:number/lock": {
    ...write,
    role: "triage",
    run: (call) => setLocked(call, false),
  },
  "POST /repos/:owner/:repo/issues/:number/assignees": { ...write, role: "triage", run: assign },
};
