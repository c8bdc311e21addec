import { type Answer, accepted, created, numberParam, ok, type RepositoryCall } from "../call.ts";
import { page } from "../paging.ts";
import type { WorkflowJob, WorkflowRun } from "../records/workflow.ts";
import { conflict, notFound, Refusal } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { shapeJob, shapeWorkflow, shapeWorkflowRun } from "../shapes/workflow.ts";
import { zip } from "../zip.ts";
import { callerOf } from "./issues.ts";

function runOf(call: RepositoryCall): WorkflowRun {
  const run = call.repository.workflowRuns.find((one) => one.id === numberParam(call, "id"));
  if (run === undefined) throw notFound();
  return run;
}

function jobOf(call: RepositoryCall): { run: WorkflowRun; job: WorkflowJob } {
  for (const run of call.repository.workflowRuns) {
    const job = run.jobs.find((one) => one.id === numberParam(call, "id"));
    if (job !== undefined) return { run, job };
  }
  throw notFound();
}

function listRuns(call: RepositoryCall, all: readonly WorkflowRun[]) {
  const { query, world, repository } = call;
  const filters: [string, (run: WorkflowRun, wanted: string) => boolean][] = [
    ["head_sha", (run, wanted) => run.headSha === wanted],
    ["branch", (run, wanted) => run.headBranch === wanted],
    ["event", (run, wanted) => run.event === wanted],
    ["status", (run, wanted) => run.status === wanted || run.conclusion === wanted],
    ["check_suite_id", (run, wanted) => String(run.suite.id) === wanted],
  ];
  const found = all
    .filter((run) =>
      filters.every(([name, keeps]) => {
        const wanted = query.get(name);
        return wanted === null || keeps(run, wanted);
      }),
    )
    .sort((a, b) => b.id - a.id);
  return page(
    call,
    found,
    (run) => shapeWorkflowRun(world, repository, run),
    (workflow_runs, total_count) => ({ total_count, workflow_runs }),
  );
}

/** `filter=latest` (the default) shows the jobs of the last attempt. */
function listJobs(call: RepositoryCall) {
  const run = runOf(call);
  const all = call.query.get("filter") === "all";
  const jobs = run.jobs.filter((job) => all || job.attempt === run.attempt);
  return page(
    call,
    jobs,
    (job) => shapeJob(call.world, call.repository, run, job),
    (items, total_count) => ({ total_count, jobs: items }),
  );
}

/** Logs are behind a redirect to a short-lived address, which any caller may then read without a token. */
const logLocation = (call: RepositoryCall, path: string): Answer => ({
  status: 302,
  headers: { location: `${call.world.url}/_logs/${call.repository.id}/${path}` },
  text: "",
});

function jobLogs(call: RepositoryCall): Answer {
  const { job } = jobOf(call);
  if (job.checkRun.status !== "completed") throw notFound();
  return logLocation(call, `jobs/${job.id}`);
}

function runLogs(call: RepositoryCall): Answer {
  return logLocation(call, `runs/${runOf(call).id}`);
}

/** What stands behind the redirect: the text of a job's log, or a zip with one file for each job of the last attempt. */
export function readLog(run: WorkflowRun, jobId: number | null): { type: string; bytes: Buffer } {
  const job = run.jobs.find((one) => one.id === jobId);
  if (job !== undefined) return { type: "text/plain; charset=utf-8", bytes: Buffer.from(job.log) };
  const jobs = run.jobs.filter((one) => one.attempt === run.attempt);
  const files = jobs.map((one, index) => ({
    name: `${index}_${one.name.replaceAll("/", "_")}.txt`,
    bytes: Buffer.from(one.log),
  }));
  if (run.log !== "") files.push({ name: "workflow.txt", bytes: Buffer.from(run.log) });
  return { type: "application/zip", bytes: zip(files) };
}

async function rerun(call: RepositoryCall, which: "all" | "failed") {
  const run = runOf(call);
  if (run.status !== "completed") throw new Refusal(403, { message: "This workflow is already running" });
  await call.world.workflows.rerun(call.repository, run.id, which, callerOf(call));
  return created({});
}

async function rerunJob(call: RepositoryCall) {
  const { run } = jobOf(call);
  if (run.status !== "completed") throw new Refusal(403, { message: "This workflow is already running" });
  await call.world.workflows.rerun(call.repository, run.id, "failed", callerOf(call));
  return created({});
}

async function cancel(call: RepositoryCall) {
  const run = runOf(call);
  if (run.status === "completed") throw conflict("Cannot cancel a workflow run that is completed.");
  await call.world.workflows.cancel(call.repository, run.id);
  return accepted({});
}

async function approve(call: RepositoryCall) {
  await call.world.workflows.approve(call.repository, runOf(call).id);
  return created({});
}

const read = { needs: "actions:read", role: "anyone" } as const;
const write = { needs: "actions:write", role: "write" } as const;

export const actionsRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/actions/workflows": {
    ...read,
    run: (call) =>
      page(
        call,
        call.repository.workflows,
        (one) => shapeWorkflow(call.world, call.repository, one),
        (workflows, total_count) => ({ total_count, workflows }),
      ),
  },
  "GET /repos/:owner/:repo/actions/runs": {
    ...read,
    run: (call) => listRuns(call, call.repository.workflowRuns),
  },
  "GET /repos/:owner/:repo/actions/runs/:id": {
    ...read,
    run: async (call) => ok(await shapeWorkflowRun(call.world, call.repository, runOf(call))),
  },
  "GET /repos/:owner/:repo/actions/runs/:id/jobs": { ...read, run: listJobs },
  "GET /repos/:owner/:repo/actions/runs/:id/logs": { ...read, run: runLogs },
  "POST /repos/:owner/:repo/actions/runs/:id/rerun": { ...write, run: (call) => rerun(call, "all") },
  "POST /repos/:owner/:repo/actions/runs/:id/rerun-failed-jobs": {
    ...write,
    run: (call) => rerun(call, "failed"),
  },
  "POST /repos/:owner/:repo/actions/runs/:id/cancel": { ...write, run: cancel },
  "POST /repos/:owner/:repo/actions/runs/:id/approve": { ...write, run: approve },
  "GET /repos/:owner/:repo/actions/jobs/:id": {
    ...read,
    run: (call) => {
      const { run, job } = jobOf(call);
      return ok(shapeJob(call.world, call.repository, run, job));
    },
  },
  "GET /repos/:owner/:repo/actions/jobs/:id/logs": { ...read, run: jobLogs },
  "POST /repos/:owner/:repo/actions/jobs/:id/rerun": { ...write, run: rerunJob },
};
