import type { Run } from "../run/run.ts";
import { quoteLine } from "./quote.ts";

/** What the run asks a person, with what others wrote about it quoted below: the plan, what was wrong with it, why a step failed. */
export function renderQuestion(run: Run): string {
  if (!run.asked) return "";
  const details = detailsOf(run);
  return details.length === 0 ? run.asked.question : `${run.asked.question}\n\n${details.join("\n")}`;
}

function detailsOf(run: Run): string[] {
  switch (run.asked?.reason) {
    case "plan_approval":
      return run.steps.map(
        (step) => `${step.number}. ${quoteLine(step.title)}: ${quoteLine(step.goal, 400)}`,
      );
    case "plan_invalid":
      return (run.planRejections.at(-1)?.problems ?? []).map((problem) => `- ${quoteLine(problem, 300)}`);
    case "step_failed": {
      const step = run.steps.find((each) => each.status !== "done");
      return (step?.failures ?? []).map(
        ({ attempt, because }) =>
          `- ${quoteLine(step?.title ?? "")}, attempt ${attempt}: ${quoteLine(because, 300)}`,
      );
    }
    default:
      return [];
  }
}
