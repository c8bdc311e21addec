import type { GateReading } from "../run/gate-reading.ts";
import type { Run } from "../run/run.ts";
import { describeDifference } from "./ci-difference.ts";
import { quoteLine } from "./quote.ts";

/** What the run asks a person, with what others wrote about it quoted below: the plan, what was wrong with it, why a step failed, where CI is red. */
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
    case "step_failed":
      return failuresOf(run);
    case "conflict":
      return run.asked.resumeAt === "execute" ? [...clashesOf(run), ...failuresOf(run)] : [];
    case "ci_red":
      return run.gate ? evidenceOf(run.gate) : [];
    default:
      return [];
  }
}

/** Where it is red, and why the checks here could not see it, as far as that is known. */
function evidenceOf({ checks, differs = [] }: GateReading): string[] {
  const red = checks
    .filter((check) => !["success", "neutral", "skipped"].includes(check.conclusion))
    .map(({ name, conclusion, url }) => `- ${linkTo(quoteLine(name, 80), url)}: ${quoteLine(conclusion)}`);
  if (differs.length === 0) return red;
  const what = differs.map((each) => `- ${describeDifference(each)}`);
  return [
    ...red,
    "",
    "The checks that I ran passed. What CI does differently, as its workflow files say:",
    "",
    ...what,
  ];
}

/** An address that others gave, as a link where it can be nothing else. */
function linkTo(name: string, url: string | null): string {
  return url !== null && /^https?:\/\/[^\s()<>[\]]{1,500}$/.test(url)
    ? `[${name.replace(/[[\]]/g, "\\$&")}](${url})`
    : name;
}

function failuresOf(run: Run): string[] {
  const step = run.steps.find((each) => each.status !== "done");
  return (step?.failures ?? []).map(
    ({ attempt, because }) =>
      `- ${quoteLine(step?.title ?? "")}, attempt ${attempt}: ${quoteLine(because, 300)}`,
  );
}

const MOST_CLASHES = 20;

function clashesOf(run: Run): string[] {
  const clashes = run.adopted?.carried?.clashes ?? [];
  const named = clashes.slice(0, MOST_CLASHES).map(({ path }) => `- \`${quoteLine(path, 200)}\` clashes`);
  const rest = clashes.length - named.length;
  return rest > 0 ? [...named, `- and ${rest} more`] : named;
}
