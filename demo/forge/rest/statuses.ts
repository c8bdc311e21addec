import { created, ok, param, type RepositoryCall } from "../call.ts";
import { optionalText } from "../fields.ts";
import { readCommit } from "../git/commits.ts";
import { resolveCommit } from "../git/history.ts";
import { listRefs } from "../git/refs.ts";
import { page } from "../paging.ts";
import type { CommitStatus } from "../records/check.ts";
import { unprocessable, validationFailed } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { iso, repositoryApi, shapeAccount } from "../shapes/basics.ts";
import { shapeStatus } from "../shapes/check.ts";
import { shapeCommit } from "../shapes/commit.ts";
import { shapeMinimalRepository } from "../shapes/repository.ts";
import { commitShaOf } from "./commits.ts";
import { callerOf } from "./issues.ts";

const STATES: CommitStatus["state"][] = ["error", "failure", "pending", "success"];

async function create(call: RepositoryCall) {
  const { world, repository, body } = call;
  const sha = await resolveCommit(repository.gitDir, param(call, "sha"));
  if (sha === null) throw unprocessable(`No commit found for SHA: ${param(call, "sha")}`);
  const state = STATES.find((one) => one === body["state"]);
  if (state === undefined) throw validationFailed({ resource: "Status", code: "inclusion", field: "state" });
  const status: CommitStatus = {
    id: world.state.nextId(),
    sha,
    state,
    context: optionalText(body, "context") ?? "default",
    description: optionalText(body, "description") ?? null,
    targetUrl: optionalText(body, "target_url") ?? null,
    creator: callerOf(call),
    createdAt: world.now(),
  };
  repository.statuses.push(status);
  await tell(call, status);
  return created({ ...shapeStatus(world, repository, status), creator: shapeAccount(world, status.creator) });
}

async function tell(call: RepositoryCall, status: CommitStatus) {
  const { world, repository } = call;
  const commit = await readCommit(repository.gitDir, status.sha);
  const api = repositoryApi(world, repository);
  const tips = (await listRefs(repository.gitDir, "refs/heads/")).filter((ref) => ref.sha === status.sha);
  world.emit({
    event: "status",
    action: null,
    repository,
    sender: status.creator,
    payload: {
      id: status.id,
      sha: status.sha,
      name: `${repository.owner.login}/${repository.name}`,
      target_url: status.targetUrl,
      avatar_url: shapeAccount(world, status.creator).avatar_url,
      context: status.context,
      description: status.description,
      state: status.state,
      commit: shapeCommit(world, repository, commit),
      branches: tips.map(({ name, sha }) => {
        const branch = name.slice("refs/heads/".length);
        const commitUrl = `${api}/commits/${sha}`;
        return {
          name: branch,
          commit: { sha, url: commitUrl },
          protected: repository.protection.has(branch),
        };
      }),
      created_at: iso(status.createdAt),
      updated_at: iso(status.createdAt),
    },
  });
}

/** The newest status of each context. */
function latest(call: RepositoryCall, sha: string): CommitStatus[] {
  const newest = new Map<string, CommitStatus>();
  for (const status of call.repository.statuses) if (status.sha === sha) newest.set(status.context, status);
  return [...newest.values()];
}

/** All contexts together: without any it is `pending`, which proves nothing. */
async function combined(call: RepositoryCall) {
  const { world, repository } = call;
  const sha = await commitShaOf(call, param(call, "ref"));
  const statuses = latest(call, sha);
  const failed = statuses.some((one) => one.state === "failure" || one.state === "error");
  const green = statuses.length > 0 && statuses.every((one) => one.state === "success");
  const api = repositoryApi(world, repository);
  return ok({
    state: failed ? "failure" : green ? "success" : "pending",
    statuses: statuses.map((one) => ({ ...shapeStatus(world, repository, one), required: null })),
    sha,
    total_count: statuses.length,
    repository: shapeMinimalRepository(world, repository),
    commit_url: `${api}/commits/${sha}`,
    url: `${api}/commits/${sha}/status`,
  });
}

async function list(call: RepositoryCall) {
  const sha = await commitShaOf(call, param(call, "ref"));
  const statuses = call.repository.statuses.filter((one) => one.sha === sha).reverse();
  return page(call, statuses, (one) => ({
    ...shapeStatus(call.world, call.repository, one),
    creator: shapeAccount(call.world, one.creator),
  }));
}

const read = { needs: "statuses:read", role: "anyone" } as const;

export const statusRoutes: RepositoryRoutes = {
  "POST /repos/:owner/:repo/statuses/:sha": { needs: "statuses:write", role: "write", run: create },
  "GET /repos/:owner/:repo/commits/:ref*/status": { ...read, run: combined },
  "GET /repos/:owner/:repo/commits/:ref*/statuses": { ...read, run: list },
};
