import { conclusionOf, runsOf, statusOf } from "../check-rollup.ts";
import { readCommit } from "../git/commits.ts";
import type { CheckRun, CheckSuite, CommitStatus } from "../records/check.ts";
import type { Repository } from "../records/repository.ts";
import type { World } from "../world.ts";
import { shapeActionsApp, shapeOurApp } from "./app.ts";
import { iso, isoOrNull, nodeId, repositoryApi, repositoryHtml, shapeAccount } from "./basics.ts";
import { shapeHeadCommit } from "./commit.ts";
import { pullReferences } from "./pull.ts";
import { shapeMinimalRepository } from "./repository.ts";

const appOf = (world: World, suite: CheckSuite) =>
  suite.owner === "ours" ? shapeOurApp(world) : shapeActionsApp(world);

export function shapeCheckRun(world: World, repository: Repository, run: CheckRun) {
  const api = repositoryApi(world, repository);
  const html = `${repositoryHtml(world, repository)}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId("CR", run.id),
    head_sha: run.headSha,
    external_id: run.externalId ?? "",
    url: `${api}/check-runs/${run.id}`,
    html_url: html,
    details_url: run.detailsUrl ?? html,
    status: run.status,
    conclusion: run.conclusion,
    started_at: iso(run.startedAt),
    completed_at: isoOrNull(run.completedAt),
    output: {
      title: run.output.title,
      summary: run.output.summary,
      text: run.output.text,
      annotations_count: run.annotations.length,
      annotations_url: `${api}/check-runs/${run.id}/annotations`,
    },
    check_suite: { id: run.suite.id },
    app: appOf(world, run.suite),
    pull_requests: pullReferences(world, repository, run.headSha),
  };
}

/** In webhooks a check run carries more of its suite than its id. */
export function shapeCheckRunForHook(world: World, repository: Repository, run: CheckRun) {
  return {
    ...shapeCheckRun(world, repository, run),
    check_suite: shapeSuiteCore(world, repository, run.suite),
  };
}

function shapeSuiteCore(world: World, repository: Repository, suite: CheckSuite) {
  return {
    id: suite.id,
    node_id: nodeId("CS", suite.id),
    head_branch: suite.headBranch,
    head_sha: suite.headSha,
    status: statusOf(runsOf(repository, suite)),
    conclusion: conclusionOf(runsOf(repository, suite)),
    url: `${repositoryApi(world, repository)}/check-suites/${suite.id}`,
    before: suite.before,
    after: suite.after,
    pull_requests: pullReferences(world, repository, suite.headSha),
    app: appOf(world, suite),
    created_at: iso(suite.createdAt),
    updated_at: iso(suite.updatedAt),
  };
}

export async function shapeCheckSuite(world: World, repository: Repository, suite: CheckSuite) {
  const core = shapeSuiteCore(world, repository, suite);
  return {
    ...core,
    rerequestable: true,
    runs_rerequestable: suite.owner === "ours",
    latest_check_runs_count: runsOf(repository, suite).length,
    check_runs_url: `${core.url}/check-runs`,
    head_commit: shapeHeadCommit(await readCommit(repository.gitDir, suite.headSha)),
  };
}

export const shapeCheckSuiteInList = async (world: World, repository: Repository, suite: CheckSuite) => ({
  ...(await shapeCheckSuite(world, repository, suite)),
  repository: shapeMinimalRepository(world, repository),
});

export function shapeStatus(world: World, repository: Repository, status: CommitStatus) {
  return {
    url: `${repositoryApi(world, repository)}/statuses/${status.sha}`,
    avatar_url: shapeAccount(world, status.creator).avatar_url,
    id: status.id,
    node_id: nodeId("SC", status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: iso(status.createdAt),
    updated_at: iso(status.createdAt),
  };
}
