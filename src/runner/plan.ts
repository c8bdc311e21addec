import { createHash } from "node:crypto";
import { proposePlan } from "../agent/make-plan.ts";
import type { Action } from "../run/action.ts";
import { type Plan, planProblems } from "../run/plan.ts";
import type { Run } from "../run/run.ts";
import { gatherPlanFacts } from "./gather-facts.ts";
import { createThinkingPort } from "./thinking-port.ts";
import { createToolContext } from "./tool-context.ts";
import { goOn, type Progress, type Turn } from "./turn.ts";

/** In: the issue and the untouched repository, read-only. Out: `plan.made` with a sound plan, or `plan.rejected` with all that is wrong with it. */
export async function makePlan(turn: Turn, { attempt }: Extract<Action, { do: "plan" }>): Promise<Progress> {
  const run = turn.run();
  const bench = await turn.workbench();
  await bench.workspace.restore([], (digest) => turn.deps.blobs.get(digest));
  const phase = `plan, attempt ${attempt}`;
  const proposed = await proposePlan({
    ...(await gatherPlanFacts(turn, bench)),
    phase,
    model: turn.deps.models.plan,
    maxTurns: run.limits.turnsPerStep,
    maxSteps: run.limits.steps,
    maxOutputTokens: run.limits.outputTokensPerCall,
    toolContext: createToolContext(turn, bench, phase),
    port: createThinkingPort(turn, phase),
    complete: turn.deps.model,
    signal: turn.signal,
  });
  const problems = "problems" in proposed ? proposed.problems : soundness(run, proposed.plan, bench.decide);
  if ("problems" in proposed || problems.length > 0) {
    await turn.record({ kind: "plan.rejected", data: { attempt, problems: [...problems] } });
    return goOn;
  }
  await turn.record({ kind: "plan.made", data: { plan: proposed.plan, planHash: hashPlan(proposed.plan) } });
  return goOn;
}

function soundness(
  run: Run,
  plan: Plan,
  decide: (access: "read" | "write", path: string) => { verdict: string; reason: string },
): string[] {
  return planProblems(plan, {
    maxSteps: run.limits.steps,
    checkNames: run.checks
      .filter((check) => check.where === "sandbox" && check.purpose === "proves")
      .map((check) => check.name),
    refusedPath: (path) => {
      const decision = decide("write", path);
      return decision.verdict === "allow" ? null : decision.reason;
    },
  });
}

function hashPlan(plan: Plan): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(plan)).digest("hex")}`;
}
