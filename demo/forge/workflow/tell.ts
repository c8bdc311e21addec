import type { Repository } from "../records/repository.ts";
import type { WorkflowJob, WorkflowRun } from "../records/workflow.ts";
import { shapeJob, shapeWorkflow, shapeWorkflowRun } from "../shapes/workflow.ts";
import type { World } from "../world.ts";

/** Sends a `workflow_run` webhook: requested, in_progress or completed. */
export async function tellRun(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  action: string,
): Promise<void> {
  run.updatedAt = world.now();
  world.emit({
    event: "workflow_run",
    action,
    repository,
    sender: run.triggeredBy,
    payload: {
      workflow_run: await shapeWorkflowRun(world, repository, run),
      workflow: shapeWorkflow(world, repository, run.workflow),
    },
  });
}

/** Sends a `workflow_job` webhook: queued, in_progress or completed. */
export function tellJob(
  world: World,
  repository: Repository,
  run: WorkflowRun,
  job: WorkflowJob,
  action: string,
): void {
  world.emit({
    event: "workflow_job",
    action,
    repository,
    sender: run.triggeredBy,
    payload: { workflow_job: shapeJob(world, repository, run, job) },
  });
}
