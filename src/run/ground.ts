import type { ChangeSet } from "./change.ts";
import type { EventData } from "./events.ts";
import type { Run, Step } from "./run.ts";
import { newStep } from "./steps.ts";

/** The commit that the next step builds on, below all checkpoints: the base, or what others put onto our branch since. */
export function groundOf(run: Run): { branch: string; sha: string } | null {
  if (!run.adopted) return run.base;
  const branch = run.adopted.carried && run.base ? run.base.branch : run.request.branch;
  return { branch, sha: run.adopted.sha };
}

/** The steps whose changes are counted from the ground; those before are part of it. */
export function stepsAbove(run: Pick<Run, "steps" | "adopted">): readonly Step[] {
  return run.steps.filter((step) => step.number > (run.adopted?.steps ?? 0));
}

/** What the next step builds on, counted from the ground: the change set of the last step above it that is done, or what was carried over to it. */
export function changesSoFar(run: Run): ChangeSet {
  const done = stepsAbove(run).findLast((step) => step.status === "done" && step.checkpoint !== null);
  return done?.checkpoint?.changes ?? run.adopted?.carried?.changes ?? [];
}

/** A commit on our branch that others made is the head from now on. Whatever CI said before was about another one. */
export function withAdoptedHead(run: Run, data: EventData<"head.adopted">, at: number): Run {
  const { sha, because, baseSha } = data;
  return {
    ...run,
    status: "awaiting_ci",
    asked: null,
    adopted: { sha, steps: run.steps.length, carried: null },
    published: run.published && { ...run.published, sha },
    base: run.base && baseSha !== null ? { ...run.base, sha: baseSha } : run.base,
    baseUpdates: run.baseUpdates + (because === "base_update" ? 1 : 0),
    baseMet: null,
    pushOfOthers: "stops_us",
    gate: null,
    gateSince: at,
  };
}

/** The base moved and clashes: the next step builds on its new tip, and begins with our change carried over. */
export function withUpdate(run: Run, data: EventData<"update.planned">): Run {
  const { title, check, sha, baseSha, changes, clashes } = data;
  const files = clashes.map((clash) => clash.path);
  const step = newStep("update", run.steps.length + 1, { title, goal: updateGoal, files, check });
  return {
    ...run,
    status: "updating",
    base: run.base && { ...run.base, sha: baseSha },
    adopted: { sha: baseSha, steps: run.steps.length, carried: { head: sha, changes, clashes } },
    baseUpdates: run.baseUpdates + 1,
    steps: [...run.steps, step],
  };
}

const updateGoal =
  "The base branch has moved, and what was done so far clashes with it. Bring both together: keep what the base branch has gained, keep what the plan wants, and leave no conflict marker.";
