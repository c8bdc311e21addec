import { created, numberParam, ok, type RepositoryCall } from "../call.ts";
import { flag, optionalText, text, textOrNull } from "../fields.ts";
import { unifiedDiff } from "../git/diff.ts";
import { commitsBetween } from "../git/history.ts";
import { EMPTY_TREE } from "../git/objects.ts";
import { readRef, setRef } from "../git/refs.ts";
import { page } from "../paging.ts";
import { hasRole } from "../permissions.ts";
import { needsAdminRights, notFound, validationFailed } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { isPull, type PullIssue, shapePull, shapePullSimple, viewPull } from "../shapes/pull.ts";
import { newIssue } from "../verbs/issue.ts";
import { closePull, emitPull, openPulls } from "../verbs/pull.ts";
import { callerOf, checkBody } from "./issues.ts";

export function pullOf(call: RepositoryCall): PullIssue {
  const issue = call.repository.issues.get(numberParam(call, "number"));
  if (issue === undefined || !isPull(issue)) throw notFound();
  return issue;
}

const prError = (field: string, message?: string) =>
  validationFailed(
    message === undefined
      ? { resource: "PullRequest", field, code: "invalid" }
      : { resource: "PullRequest", code: "custom", message },
  );

async function createPull(call: RepositoryCall) {
  const { world, repository, body } = call;
  const author = callerOf(call);
  // `owner:branch` is the long form of a branch of this repository; the forge has no forks.
  const headRef = text(body, "head").replace(new RegExp(`^${repository.owner.login}:`, "i"), "");
  const baseRef = text(body, "base");
  const title = text(body, "title");
  const description = checkBody("PullRequest", textOrNull(body, "body"));
  if (title.trim() === "")
    throw validationFailed({ resource: "PullRequest", code: "missing_field", field: "title" });
  return world.exclusive(repository, async () => {
    const head = await readRef(repository.gitDir, `refs/heads/${headRef}`);
    const base = await readRef(repository.gitDir, `refs/heads/${baseRef}`);
    if (head === null) throw prError("head");
    if (base === null) throw prError("base");
    const twin = openPulls(repository).find(
      (one) => one.pull.headRef === headRef && one.pull.baseRef === baseRef,
    );
    if (twin !== undefined)
      throw prError("head", `A pull request already exists for ${repository.owner.login}:${headRef}.`);
    const ahead = await commitsBetween(repository.gitDir, base.sha, head.sha, 1);
    if (ahead.length === 0) throw prError("head", `No commits between ${baseRef} and ${headRef}`);
    const issue = newIssue(world, repository, {
      title,
      body: description,
      author,
      viaApp: call.actor.kind === "installation",
    });
    issue.pull = {
      id: world.state.nextId(),
      draft: flag(body, "draft") ?? false,
      headRef,
      headSha: head.sha,
      baseRef,
      baseSha: base.sha,
      mergedAt: null,
      mergedBy: null,
      mergeCommitSha: null,
      requestedReviewers: [],
      reviews: [],
      reviewComments: [],
    };
    if (!isPull(issue)) throw notFound();
    await setRef(repository.gitDir, `refs/pull/${issue.number}/head`, head.sha);
    const answer = await shapePull(world, repository, issue, true);
    await emitPull(world, repository, issue, "opened", author);
    return created(answer);
  });
}

async function listPulls(call: RepositoryCall) {
  const { query, repository, world } = call;
  const state = query.get("state") ?? "open";
  const head = query.get("head");
  const base = query.get("base");
  const owner = repository.owner.login;
  const found = [...repository.issues.values()]
    .filter(isPull)
    .filter((one) => state === "all" || one.state === state)
    // As on GitHub a head without `owner:` filters nothing.
    .filter(
      (one) =>
        head === null ||
        !head.includes(":") ||
        head.toLowerCase() === `${owner}:${one.pull.headRef}`.toLowerCase(),
    )
    .filter((one) => base === null || one.pull.baseRef === base)
    .sort((a, b) => (query.get("direction") === "asc" ? a.number - b.number : b.number - a.number));
  return page(call, found, (one) => shapePullSimple(world, repository, one));
}

const wants = (call: RepositoryCall, word: "diff" | "patch") =>
  new RegExp(`\\b${word}\\b`).test(call.headers["accept"] ?? "");

async function getPull(call: RepositoryCall) {
  const issue = pullOf(call);
  if (wants(call, "diff") || wants(call, "patch")) {
    const view = await viewPull(call.repository, issue);
    return {
      status: 200,
      text: await unifiedDiff(call.repository.gitDir, view.mergeBase ?? EMPTY_TREE, issue.pull.headSha),
    };
  }
  return ok(await shapePull(call.world, call.repository, issue));
}

async function updatePull(call: RepositoryCall) {
  const { world, repository, body } = call;
  const issue = pullOf(call);
  const sender = callerOf(call);
  if (call.actor.kind === "person" && issue.author !== sender && !hasRole(repository, sender, "triage")) {
    throw needsAdminRights();
  }
  const changes: Record<string, unknown> = {};
  const title = optionalText(body, "title");
  if (typeof title === "string" && title !== issue.title) {
    changes["title"] = { from: issue.title };
    issue.title = title;
  }
  const description = optionalText(body, "body");
  if (description !== undefined && description !== issue.body) {
    changes["body"] = { from: issue.body ?? "" };
    issue.body = checkBody("PullRequest", description);
  }
  const base = optionalText(body, "base");
  if (typeof base === "string" && base !== issue.pull.baseRef) {
    const ref = await readRef(repository.gitDir, `refs/heads/${base}`);
    if (ref === null) throw prError("base");
    changes["base"] = { ref: { from: issue.pull.baseRef }, sha: { from: issue.pull.baseSha } };
    issue.pull.baseRef = base;
    issue.pull.baseSha = ref.sha;
  }
  issue.updatedAt = world.now();
  if (Object.keys(changes).length > 0)
    await emitPull(world, repository, issue, "edited", sender, { changes });
  const state = optionalText(body, "state");
  if (state === "closed" && issue.state === "open") await closePull(world, repository, issue, sender);
  if (state === "open" && issue.state === "closed") await reopen(call, issue);
  return ok(await shapePull(world, repository, issue));
}

async function reopen(call: RepositoryCall, issue: PullIssue) {
  const { world, repository } = call;
  const head = await readRef(repository.gitDir, `refs/heads/${issue.pull.headRef}`);
  if (issue.pull.mergedAt !== null || head === null) {
    throw validationFailed({
      resource: "PullRequest",
      code: "invalid",
      field: "state",
      message: "state cannot be changed. The pull request cannot be reopened.",
    });
  }
  issue.state = "open";
  issue.closedAt = null;
  issue.closedBy = null;
  issue.pull.headSha = head.sha;
  await emitPull(world, repository, issue, "reopened", callerOf(call));
}

const read = { needs: "pull_requests:read", role: "anyone" } as const;
const write = { needs: "pull_requests:write", role: "anyone" } as const;

export const pullRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/pulls": { ...read, run: listPulls },
  "POST /repos/:owner/:repo/pulls": { ...write, run: createPull },
  "GET /repos/:owner/:repo/pulls/:number": { ...read, run: getPull },
  "PATCH /repos/:owner/:repo/pulls/:number": { ...write, run: updatePull },
};
