import { created, numberParam, ok, param, type RepositoryCall } from "../call.ts";
import { latestRuns, runsOf } from "../check-rollup.ts";
import { isFields, objects, optionalText, text, time } from "../fields.ts";
import { resolveCommit } from "../git/history.ts";
import { isSha } from "../git/objects.ts";
import { page } from "../paging.ts";
import { notFound, Refusal, unprocessable, validationFailed } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { repositoryHtml } from "../shapes/basics.ts";
import { shapeCheckRun, shapeCheckSuiteInList } from "../shapes/check.ts";
import type { Annotation, CheckRun, CheckSuite } from "../state.ts";
import {
  type CheckRunChange,
  createCheckRun,
  emitCheckRun,
  emitSuite,
  ensureSuite,
  updateCheckRun,
} from "../verbs/check.ts";
import { commitShaOf } from "./commits.ts";
import { callerOf } from "./issues.ts";

const STATUSES = ["queued", "in_progress", "completed", "waiting", "requested", "pending"];
const CONCLUSIONS = ["success", "failure", "neutral", "cancelled", "timed_out", "action_required", "skipped"];
const MAX_TEXT = 65_535;

/** Checks are written by apps only, and each by the one that made it. */
function checkIsApp(call: RepositoryCall): void {
  if (call.actor.kind !== "installation")
    throw new Refusal(403, { message: "You must authenticate via a GitHub App." });
}

function oneOf(
  value: string | null | undefined,
  words: readonly string[],
  field: string,
): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (!words.includes(value))
    throw unprocessable(
      `Invalid request.\n\n${value} is not a possible value for "${field}". Must be one of: ${words.join(", ")}.`,
    );
  return value;
}

function readOutput(call: RepositoryCall): Pick<CheckRunChange, "output" | "annotations"> {
  const output = call.body["output"];
  if (!isFields(output)) return {};
  const summary = optionalText(output, "summary") ?? null;
  const long = optionalText(output, "text") ?? null;
  for (const [field, value] of Object.entries({ summary, text: long })) {
    if ((value ?? "").length > MAX_TEXT) {
      throw validationFailed({
        resource: "CheckRun",
        code: "invalid",
        field,
        message: `${field} exceeds a maximum length of 65535`,
      });
    }
  }
  const annotations = objects(output, "annotations") ?? [];
  if (annotations.length > 50)
    throw unprocessable("Invalid request.\n\nNo more than 50 items are allowed; 51 were supplied.");
  return {
    output: { title: optionalText(output, "title") ?? null, summary, text: long },
    annotations: annotations.map(
      (one): Annotation => ({
        path: text(one, "path"),
        start_line: Number(one["start_line"]),
        end_line: Number(one["end_line"]),
        start_column: typeof one["start_column"] === "number" ? one["start_column"] : null,
        end_column: typeof one["end_column"] === "number" ? one["end_column"] : null,
        annotation_level:
          oneOf(text(one, "annotation_level"), ["notice", "warning", "failure"], "annotation_level") ??
          "notice",
        message: text(one, "message"),
        title: optionalText(one, "title") ?? null,
        raw_details: optionalText(one, "raw_details") ?? null,
      }),
    ),
  };
}

function readActions(call: RepositoryCall): CheckRun["actions"] | undefined {
  const actions = objects(call.body, "actions");
  if (actions === undefined) return undefined;
  if (actions.length > 3)
    throw unprocessable(
      `Invalid request.\n\nNo more than 3 items are allowed; ${actions.length} were supplied.`,
    );
  const limits = { label: 20, description: 40, identifier: 20 } as const;
  return actions.map((action) => {
    for (const [field, limit] of Object.entries(limits)) {
      if (text(action, field).length > limit) {
        throw unprocessable(
          `Invalid request.\n\nOnly ${limit} characters are allowed; ${text(action, field).length} were supplied.`,
        );
      }
    }
    return {
      label: text(action, "label"),
      description: text(action, "description"),
      identifier: text(action, "identifier"),
    };
  });
}

function readChange(call: RepositoryCall): CheckRunChange {
  const { body } = call;
  const status = oneOf(optionalText(body, "status"), STATUSES, "status");
  const conclusion = oneOf(optionalText(body, "conclusion"), CONCLUSIONS, "conclusion");
  if (status === "completed" && conclusion === undefined) {
    throw unprocessable(`Invalid request.\n\n"conclusion" wasn't supplied.`);
  }
  const [externalId, detailsUrl] = [optionalText(body, "external_id"), optionalText(body, "details_url")];
  const [startedAt, completedAt, actions] = [
    time(body, "started_at"),
    time(body, "completed_at"),
    readActions(call),
  ];
  return {
    ...(status === undefined ? {} : { status }),
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(detailsUrl === undefined ? {} : { detailsUrl }),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(completedAt === undefined ? {} : { completedAt }),
    ...(actions === undefined ? {} : { actions }),
    ...readOutput(call),
  };
}

async function create(call: RepositoryCall) {
  checkIsApp(call);
  const { world, repository } = call;
  const name = text(call.body, "name");
  const headSha = text(call.body, "head_sha");
  const change = readChange(call);
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
  await updateCheckRun(call.world, call.repository, run, readChange(call), callerOf(call));
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
