import { created, numberParam, ok, param, type RepositoryCall } from "../call.ts";
import { latestRuns, runsOf } from "../check-rollup.ts";
import { optionalText, text } from "../fields.ts";
import { resolveCommit } from "../git/history.ts";
import { isSha } from "../git/objects.ts";
import { page } from "../paging.ts";
import type { CheckRun, CheckSuite } from "../records/check.ts";
import { notFound, Refusal, unprocessable } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { repositoryHtml } from "../shapes/basics.ts";
import { shapeCheckRun, shapeCheckSuiteInList } from "../shapes/check.ts";
import { createCheckRun, emitCheckRun, emitSuite, ensureSuite, updateCheckRun } from "../verbs/check.ts";
import { readCheckRun } from "./check-run-body.ts";
import { commitShaOf } from "./commits.ts";
import { callerOf } from "./issues.ts";

/** Checks are written by apps only, and each by the one that made it. */
function checkIsApp(call: RepositoryCall): void {
  if (call.actor.kind !== "installation")
    throw new Refusal(403, { message: "You must authenticate via a GitHub App." });
}

async function create(call: RepositoryCall) {
  checkIsApp(call);
  const { world, repository } = call;
  const name = text(call.body, "name");
  const headSha = text(call.body, "head_sha");
  const change = readCheckRun(call.body);
  const found = isSha(headSha) ? await resolveCommit(repository.gitDir, headSha) : null;
  if (found === null) throw unprocessable(`No commit found for SHA: ${headSha}`);
  const suite = ensureSuite(world, repository, {
    owner: "ours",
    headSha,
    headBranch: branchOf(call, headSha),
  });
  return created(
    shapeCheckRun(
      world,
      repository,
      await createCheckRun(world, repository, suite, name, change, callerOf(call)),
    ),
  );
}

/** The branch of a new suite: that of another suite for the same commit, or of a pull request with this head. */
function branchOf(call: RepositoryCall, sha: string): string | null {
  const suite = call.repository.checkSuites.find((one) => one.headSha === sha);
  const issue = [...call.repository.issues.values()].find((one) => one.pull?.headSha === sha);
  return suite?.headBranch ?? issue?.pull?.headRef ?? null;
}

function runOf(call: RepositoryCall): CheckRun {
  const run = call.repository.checkRuns.find((one) => one.id === numberParam(call, "id"));
  if (run === undefined) throw notFound();
  return run;
}

function suiteOf(call: RepositoryCall): CheckSuite {
  const suite = call.repository.checkSuites.find((one) => one.id === numberParam(call, "id"));
  if (suite === undefined) throw notFound();
  return suite;
}

async function update(call: RepositoryCall) {
  checkIsApp(call);
  const run = runOf(call);
  if (run.suite.owner !== "ours")
    throw new Refusal(403, {
      message: "Invalid app_id - check run can only be modified by the GitHub App that created it.",
    });
  const name = optionalText(call.body, "name");
  if (typeof name === "string") run.name = name;
  await updateCheckRun(call.world, call.repository, run, readCheckRun(call.body), callerOf(call));
  return ok(shapeCheckRun(call.world, call.repository, run));
}

function listRuns(call: RepositoryCall, all: readonly CheckRun[]) {
  const { query, world, repository } = call;
  const [name, status, app] = [query.get("check_name"), query.get("status"), query.get("app_id")];
  const found = (query.get("filter") === "all" ? [...all] : latestRuns(all))
    .filter((run) => name === null || run.name === name)
    .filter((run) => status === null || run.status === status)
    .filter(
      (run) => app === null || Number(app) === (run.suite.owner === "ours" ? world.app.id : world.actions.id),
    )
    .sort((a, b) => b.id - a.id);
  return page(
    call,
    found,
    (run) => shapeCheckRun(world, repository, run),
    (check_runs, total_count) => ({ total_count, check_runs }),
  );
}

async function runsForRef(call: RepositoryCall) {
  const sha = await commitShaOf(call, param(call, "ref"));
  return listRuns(
    call,
    call.repository.checkRuns.filter((run) => run.headSha === sha),
  );
}

async function suitesForRef(call: RepositoryCall) {
  const { query, world, repository } = call;
  const sha = await commitShaOf(call, param(call, "ref"));
  const app = query.get("app_id");
  const suites = repository.checkSuites
    .filter((suite) => suite.headSha === sha)
    .filter(
      (suite) => app === null || Number(app) === (suite.owner === "ours" ? world.app.id : world.actions.id),
    );
  return page(
    call,
    suites,
    (suite) => shapeCheckSuiteInList(world, repository, suite),
    (check_suites, total_count) => ({ total_count, check_suites }),
  );
}

function annotations(call: RepositoryCall) {
  const run = runOf(call);
  const html = repositoryHtml(call.world, call.repository);
  return page(call, run.annotations, (one) => ({
    ...one,
    blob_href: `${html}/blob/${run.headSha}/${one.path}`,
  }));
}

/** A check run of a workflow is run again by the runner; one of ours is asked of our app by a webhook. */
async function rerequestRun(call: RepositoryCall) {
  const run = runOf(call);
  const workflowRun = call.repository.workflowRuns.find((one) => one.suite === run.suite);
  if (workflowRun === undefined)
    emitCheckRun(call.world, call.repository, run, "rerequested", callerOf(call));
  else await call.world.workflows.rerun(call.repository, workflowRun.id, "all", callerOf(call));
  return created({});
}

async function rerequestSuite(call: RepositoryCall) {
  const suite = suiteOf(call);
  const workflowRun = call.repository.workflowRuns.find((one) => one.suite === suite);
  if (workflowRun === undefined)
    await emitSuite(call.world, call.repository, suite, "rerequested", callerOf(call));
  else await call.world.workflows.rerun(call.repository, workflowRun.id, "all", callerOf(call));
  return created({});
}

const read = { needs: "checks:read", role: "anyone" } as const;
const write = { needs: "checks:write", role: "write" } as const;

export const checkRoutes: RepositoryRoutes = {
  "POST /repos/:owner/:repo/check-runs": { ...write, run: create },
  "GET /repos/:owner/:repo/check-runs/:id": {
    ...read,
    run: (call) => ok(shapeCheckRun(call.world, call.repository, runOf(call))),
  },
  "PATCH /repos/:owner/:repo/check-runs/:id": { ...write, run: update },
  "GET /repos/:owner/:repo/check-runs/:id/annotations": { ...read, run: annotations },
  "POST /repos/:owner/:repo/check-runs/:id/rerequest": { ...write, run: rerequestRun },
  "GET /repos/:owner/:repo/check-suites/:id": {
    ...read,
    run: async (call) => ok({ ...(await shapeCheckSuiteInList(call.world, call.repository, suiteOf(call))) }),
  },
  "GET /repos/:owner/:repo/check-suites/:id/check-runs": {
    ...read,
    run: (call) => listRuns(call, runsOf(call.repository, suiteOf(call))),
  },
  "POST /repos/:owner/:repo/check-suites/:id/rerequest": { ...write, run: rerequestSuite },
  "GET /repos/:owner/:repo/commits/:ref*/check-runs": { ...read, run: runsForRef },
  "GET /repos/:owner/:repo/commits/:ref*/check-suites": { ...read, run: suitesForRef },
};
