import { readCommit } from "../git/commits.ts";
import type { Repository } from "../records/repository.ts";
import type { Workflow, WorkflowJob, WorkflowRun } from "../records/workflow.ts";
import type { World } from "../world.ts";
import { iso, isoOrNull, nodeId, repositoryApi, repositoryHtml, shapeAccount } from "./basics.ts";
import { shapeHeadCommit } from "./commit.ts";
import { pullReferences } from "./pull.ts";
import { shapeMinimalRepository } from "./repository.ts";

export function shapeWorkflow(world: World, repository: Repository, workflow: Workflow) {
  const html = repositoryHtml(world, repository);
  return {
    id: workflow.id,
    node_id: nodeId("W", workflow.id),
    name: workflow.name,
    path: workflow.path,
    state: "active",
    created_at: iso(workflow.createdAt),
    updated_at: iso(workflow.createdAt),
    url: `${repositoryApi(world, repository)}/actions/workflows/${workflow.id}`,
    html_url: `${html}/blob/${repository.defaultBranch}/${workflow.path}`,
    badge_url: `${html}/workflows/${encodeURIComponent(workflow.name)}/badge.svg`,
  };
}

export async function shapeWorkflowRun(world: World, repository: Repository, run: WorkflowRun) {
  const api = repositoryApi(world, repository);
  const url = `${api}/actions/runs/${run.id}`;
  // `action_required` is a conclusion on GitHub, of a run that is completed until someone approves it.
  const blocked = run.status === "action_required";
  return {
    id: run.id,
    name: run.workflow.name,
    node_id: nodeId("WFR", run.id),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.workflow.path,
    display_title: run.title,
    run_number: run.number,
    event: run.event,
    status: blocked ? "completed" : run.status,
    conclusion: blocked ? "action_required" : run.conclusion,
    workflow_id: run.workflow.id,
    check_suite_id: run.suite.id,
    check_suite_node_id: nodeId("CS", run.suite.id),
    url,
    html_url: `${repositoryHtml(world, repository)}/actions/runs/${run.id}`,
    pull_requests: run.event === "pull_request" ? pullReferences(world, repository, run.headSha) : [],
    created_at: iso(run.createdAt),
    updated_at: iso(run.updatedAt),
    actor: shapeAccount(world, run.actor),
    run_attempt: run.attempt,
    referenced_workflows: [],
    run_started_at: iso(run.startedAt),
    triggering_actor: shapeAccount(world, run.triggeredBy),
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${api}/check-suites/${run.suite.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${api}/actions/workflows/${run.workflow.id}`,
    head_commit: shapeHeadCommit(await readCommit(repository.gitDir, run.headSha)),
    repository: shapeMinimalRepository(world, repository),
    head_repository: shapeMinimalRepository(world, repository),
  };
}

export function shapeJob(world: World, repository: Repository, run: WorkflowRun, job: WorkflowJob) {
  const api = repositoryApi(world, repository);
  const { checkRun } = job;
  return {
    id: job.id,
    run_id: run.id,
    workflow_name: run.workflow.name,
    head_branch: run.headBranch,
    run_url: `${api}/actions/runs/${run.id}`,
    run_attempt: job.attempt,
    node_id: nodeId("CR", job.id),
    head_sha: run.headSha,
    url: `${api}/actions/jobs/${job.id}`,
    html_url: `${repositoryHtml(world, repository)}/actions/runs/${run.id}/job/${job.id}`,
    status: checkRun.status,
    conclusion: checkRun.conclusion,
    created_at: iso(job.createdAt),
    started_at: iso(checkRun.startedAt),
    completed_at: isoOrNull(checkRun.completedAt),
    name: job.name,
    steps: job.steps.map((step) => ({
      name: step.name,
      status: step.status,
      conclusion: step.conclusion,
      number: step.number,
      started_at: isoOrNull(step.startedAt),
      completed_at: isoOrNull(step.completedAt),
    })),
    check_run_url: `${api}/check-runs/${checkRun.id}`,
    labels: [...job.labels],
    runner_id: 1,
    runner_name: "forge",
    runner_group_id: 1,
    runner_group_name: "Default",
  };
}
