import type { Call } from "../call.ts";
import { asFields } from "../fields.ts";
import { canSee, hasRole, installationMay } from "../permissions.ts";
import type { Account } from "../records/account.ts";
import type { Issue } from "../records/issue.ts";
import type { Repository } from "../records/repository.ts";
import { fromNodeId, nodeId, repositoryHtml } from "../shapes/basics.ts";
import { isPull, type PullIssue } from "../shapes/pull.ts";
import { findRepository } from "../state.ts";
import { setDraft } from "../verbs/pull.ts";
import { GraphqlRefusal, type Node } from "./execute.ts";

function accountNode(call: Call, account: Account): Node {
  const type = account.type;
  return {
    __typename: type,
    id: nodeId({ User: "U", Organization: "O", Bot: "BOT" }[type], account.id),
    databaseId: account.id,
    // GraphQL leaves the suffix of bots out.
    login: type === "Bot" ? account.login.replace("[bot]", "") : account.login,
    url: `${call.world.url}/${account.login}`,
  };
}

function issueFields(call: Call, repository: Repository, issue: Issue) {
  return {
    databaseId: issue.id,
    number: issue.number,
    title: issue.title,
    body: issue.body ?? "",
    author: accountNode(call, issue.author),
    createdAt: issue.createdAt.toISOString(),
    url: `${repositoryHtml(call.world, repository)}/${issue.pull === null ? "issues" : "pull"}/${issue.number}`,
    repository: () => repositoryNode(call, repository),
  };
}

const issueNode = (call: Call, repository: Repository, issue: Issue): Node => ({
  __typename: "Issue",
  id: nodeId("I", issue.id),
  ...issueFields(call, repository, issue),
  state: issue.state.toUpperCase(),
});

const pullNode = (call: Call, repository: Repository, issue: PullIssue): Node => ({
  __typename: "PullRequest",
  id: nodeId("PR", issue.pull.id),
  ...issueFields(call, repository, issue),
  databaseId: issue.pull.id,
  state: issue.pull.mergedAt === null ? issue.state.toUpperCase() : "MERGED",
  isDraft: issue.pull.draft,
  merged: issue.pull.mergedAt !== null,
  headRefName: issue.pull.headRef,
  headRefOid: issue.pull.headSha,
  baseRefName: issue.pull.baseRef,
  baseRefOid: issue.pull.baseSha,
});

function repositoryNode(call: Call, repository: Repository): Node {
  const byNumber = (input: Record<string, unknown>) => repository.issues.get(Number(input["number"]));
  return {
    __typename: "Repository",
    id: nodeId("R", repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: `${repository.owner.login}/${repository.name}`,
    isPrivate: repository.private,
    isArchived: repository.archived,
    url: repositoryHtml(call.world, repository),
    owner: accountNode(call, repository.owner),
    pullRequest: (input: Record<string, unknown>) => {
      const issue = byNumber(input);
      return issue !== undefined && isPull(issue) ? pullNode(call, repository, issue) : null;
    },
    issue: (input: Record<string, unknown>) => {
      const issue = byNumber(input);
      return issue === undefined || isPull(issue) ? null : issueNode(call, repository, issue);
    },
  };
}

const notResolved = (id: string) =>
  new GraphqlRefusal("NOT_FOUND", `Could not resolve to a node with the global id of '${id}'`);

function findPull(call: Call, id: string): { repository: Repository; issue: PullIssue } {
  const wanted = fromNodeId(id);
  for (const repository of call.world.state.repositories.values()) {
    if (!canSee(call.actor, repository)) continue;
    const issue = [...repository.issues.values()].filter(isPull).find((one) => one.pull.id === wanted?.id);
    if (issue !== undefined && wanted?.prefix === "PR") return { repository, issue };
  }
  throw notResolved(id);
}

function nodeOf(call: Call, id: string): Node {
  const wanted = fromNodeId(id);
  if (wanted?.prefix === "PR") {
    const { repository, issue } = findPull(call, id);
    return pullNode(call, repository, issue);
  }
  for (const repository of call.world.state.repositories.values()) {
    if (!canSee(call.actor, repository)) continue;
    if (wanted?.prefix === "R" && repository.id === wanted.id) return repositoryNode(call, repository);
    const issue = [...repository.issues.values()].find((one) => one.id === wanted?.id && one.pull === null);
    if (wanted?.prefix === "I" && issue !== undefined) return issueNode(call, repository, issue);
  }
  const account = call.world.state.accounts.get(wanted?.id ?? -1);
  if (account === undefined) throw notResolved(id);
  return accountNode(call, account);
}

/** Turning a draft ready wants `contents: write` beside `pull_requests: write`, as people found out at GitHub. */
async function changeDraft(call: Call, input: Record<string, unknown>, draft: boolean): Promise<Node> {
  const given = asFields(input["input"]);
  const { repository, issue } = findPull(call, String(given["pullRequestId"]));
  const { actor } = call;
  const allowed =
    actor.kind === "installation"
      ? installationMay(actor, repository, "pull_requests:write") &&
        installationMay(actor, repository, "contents:write")
      : actor.kind === "person" &&
        (actor.account === issue.author || hasRole(repository, actor.account, "write"));
  if (!allowed || (actor.kind !== "installation" && actor.kind !== "person")) {
    throw new GraphqlRefusal("FORBIDDEN", "Resource not accessible by integration");
  }
  if (issue.state === "closed") throw new GraphqlRefusal("UNPROCESSABLE", "Pull request is closed");
  await setDraft(call.world, repository, issue, draft, actor.account);
  return {
    __typename: draft ? "ConvertPullRequestToDraftPayload" : "MarkPullRequestReadyForReviewPayload",
    clientMutationId: given["clientMutationId"] ?? null,
    pullRequest: pullNode(call, repository, issue),
  };
}

/** The corner of GitHub's GraphQL schema that the forge knows. */
export function createSchema(call: Call): { query: Node; mutation: Node } {
  const { actor } = call;
  const account = actor.kind === "person" || actor.kind === "installation" ? actor.account : null;
  return {
    query: {
      __typename: "Query",
      viewer: account === null ? null : accountNode(call, account),
      rateLimit: {
        __typename: "RateLimit",
        limit: 5_000,
        cost: 1,
        remaining: 4_999,
        resetAt: call.world.now().toISOString(),
      },
      node: (input: Record<string, unknown>) => nodeOf(call, String(input["id"])),
      repository: (input: Record<string, unknown>) => {
        const name = `${String(input["owner"])}/${String(input["name"])}`;
        const repository = findRepository(call.world.state, String(input["owner"]), String(input["name"]));
        if (repository === null || !canSee(actor, repository)) {
          throw new GraphqlRefusal("NOT_FOUND", `Could not resolve to a Repository with the name '${name}'.`);
        }
        return repositoryNode(call, repository);
      },
    },
    mutation: {
      __typename: "Mutation",
      markPullRequestReadyForReview: (input: Record<string, unknown>) => changeDraft(call, input, false),
      convertPullRequestToDraft: (input: Record<string, unknown>) => changeDraft(call, input, true),
    },
  };
}
