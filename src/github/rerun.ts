import { z } from "zod";
import type { RepositoryGithub } from "./client.ts";
import { type EffectRecord, effect } from "./effect.ts";

const rerunReceipt = z.object({ workflowRunId: z.int(), attempt: z.int() });
export type RerunReceipt = z.infer<typeof rerunReceipt>;

/**
 * The failed jobs of a workflow run, once more on the same commit. Its attempt number is the key: GitHub counts it up with each re-run, so
 * a number above `attempt` says that it was asked for already.
 */
export function rerunFailedJobs(
  repository: RepositoryGithub,
  record: EffectRecord,
  wish: { opKey: string; workflowRunId: number; attempt: number },
): Promise<RerunReceipt> {
  const address = () => ({ ...repository.at(), run_id: wish.workflowRunId });
  return effect<RerunReceipt>(
    record,
    {
      opKey: wish.opKey,
      op: "workflow.rerun",
      args: { workflowRunId: wish.workflowRunId, attempt: wish.attempt },
      receipt: rerunReceipt,
      key: "server",
      look: async () => {
        const { data } = await repository.octokit.rest.actions.getWorkflowRun(address());
        const attempt = data.run_attempt ?? 1;
        return attempt > wish.attempt ? { workflowRunId: wish.workflowRunId, attempt } : null;
      },
      act: async () => {
        await repository.octokit.rest.actions.reRunWorkflowFailedJobs(address());
        return { workflowRunId: wish.workflowRunId, attempt: wish.attempt + 1 };
      },
    },
    repository.effects,
  );
}
