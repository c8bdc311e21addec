import type { EventData } from "./events.ts";
import type { Run, Step } from "./run.ts";

/** The commit that the next step builds on, below all checkpoints: the base, or what others put onto our branch since. */
export function groundOf(run: Run): { branch: string; sha: string } | null {
  return run.adopted ? { branch: run.request.branch, sha: run.adopted.sha } : run.base;
}

/** The steps whose changes are counted from the ground; those before are part of it. */
export function stepsAbove(run: Pick<Run, "steps" | "adopted">): readonly Step[] {
  return run.steps.filter((step) => step.number > (run.adopted?.steps ?? 0));
}

/** A commit on our branch that others made is the head from now on. Whatever CI said before was about another one. */
export function withAdoptedHead(run: Run, data: EventData<"head.adopted">, at: number): Run {
  const { sha, because, baseSha } = data;
  return {
    ...run,
    status: "awaiting_ci",
    asked: null,
    adopted: { sha, steps: run.steps.length },
    published: run.published && { ...run.published, sha },
    base: run.base && baseSha !== null ? { ...run.base, sha: baseSha } : run.base,
    baseUpdates: run.baseUpdates + (because === "base_update" ? 1 : 0),
    pushOfOthers: "stops_us",
    gate: null,
    gateSince: at,
  };
}
