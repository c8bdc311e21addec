import { gitRemote } from "../github/facts/repository.ts";
import { plainLine } from "../report/quote.ts";
import type { BaseFacts } from "../run/decide-base.ts";
import { nextCheck } from "../run/steps.ts";
import type { Turn } from "./turn.ts";

/**
 * The base conflicts with our branch: our change is carried over to its new tip, and what does not fit becomes one step. The branch
 * stays as it is until that step has passed its check.
 */
export async function planUpdate(turn: Turn, { tip, mergeBase }: BaseFacts): Promise<void> {
  const { id, request, base, published } = turn.run();
  if (!base || !published) throw new Error("An update follows publishing.");
  const { installationId, id: repositoryId } = request.repository;
  const carried = await turn.deps.workspaces.carryOver({
    runId: id,
    installationId,
    repositoryId,
    remote: await gitRemote(turn.github),
    commits: {
      before: { sha: mergeBase, branch: base.branch },
      ours: { sha: published.sha, branch: request.branch },
      base: { sha: tip, branch: base.branch },
    },
    signal: turn.signal,
  });
  for (const content of carried.contents.values()) await turn.deps.blobs.put(content);
  await turn.record({
    kind: "update.planned",
    data: {
      update: turn.run().steps.filter((step) => step.kind === "update").length + 1,
      title: `Bring the change up to ${plainLine(base.branch, 40)}`,
      check: nextCheck(turn.run()),
      sha: published.sha,
      baseSha: tip,
      changes: [...carried.changes],
      clashes: [...carried.clashes],
    },
  });
}
