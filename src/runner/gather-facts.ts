import { mapRepository } from "../agent/context.ts";
import { openFiles } from "../agent/open-files.ts";
import type { PlanFacts, RunFacts, StepFacts } from "../agent/prompts.ts";
import { describeDifference } from "../report/ci-difference.ts";
import type { Review } from "../run/review.ts";
import type { Run, Step } from "../run/run.ts";
import { ordinalOf } from "../run/steps.ts";
import { searchFiles } from "../tools/ripgrep.ts";
import { readIssueBody } from "./read-issue-body.ts";
import { readReview } from "./take-review.ts";
import type { Turn, Workbench } from "./turn.ts";

/** What a planning phase is told first: the repository, the issue, and what can be found without a model. */
export async function gatherPlanFacts(turn: Turn, bench: Workbench): Promise<PlanFacts> {
  const about = await gatherRunFacts(turn, bench);
  const { workspace, mayRead } = bench;
  const map = await mapRepository({
    workspace,
    mayRead,
    issue: about.issue,
    search: async (literal, files) => {
      const flags = ["--fixed-strings"] as const;
      const found = await searchFiles({
        root: workspace.root,
        files,
        pattern: literal,
        flags,
        signal: turn.signal,
      });
      return found.hits;
    },
  });
  return { ...about, map, problems: turn.run().planRejections.at(-1)?.problems ?? [] };
}

/** What an attempt at a step is told first: the plan, what is done, the files that the step names, and what failed before. */
export async function gatherStepFacts(
  turn: Turn,
  bench: Workbench,
  step: Step,
): Promise<StepFacts & { seen: Map<string, string> }> {
  const run = turn.run();
  const about = await gatherRunFacts(turn, bench);
  const opened = await openFiles(bench, step.files);
  return {
    ...about,
    plan: run.plan ?? { goal: "", steps: [] },
    finished: run.steps.flatMap((each) =>
      each.checkpoint && each.number !== step.number
        ? [{ number: each.number, title: each.title, summary: each.checkpoint.summary }]
        : [],
    ),
    step,
    files: opened.map(({ path, text }) => ({ path, text })),
    review: await reviewOf(turn, step),
    clashes: step.kind === "update" ? (run.adopted?.carried?.clashes ?? []) : null,
    failure: await failureBefore(turn, step),
    differs: differencesFor(run, step),
    seen: new Map(opened.flatMap(({ path, digest }) => (digest === null ? [] : [[path, digest] as const]))),
  };
}

async function gatherRunFacts(turn: Turn, bench: Workbench): Promise<RunFacts> {
  const { request, checks } = turn.run();
  const { owner, name } = request.repository;
  const { number, title, author } = request.issue;
  const instructions = await bench.workspace.read("AGENTS.md").catch(() => null);
  return {
    repository: {
      owner,
      name,
      instructions: instructions ? new TextDecoder().decode(instructions.bytes) : null,
      checks: checks.filter((check) => check.where === "sandbox"),
    },
    issue: { number, title, author, body: await readIssueBody(turn) },
  };
}

/** Of what CI printed, when the attempt before this one printed something too: its end, where failures stand. */
const CI_CHARACTERS = 5_000;

/** What CI printed, for a repair; the failure of the attempt before; what a person said at the retry. */
async function failureBefore(turn: Turn, step: Step): Promise<StepFacts["failure"]> {
  const run = turn.run();
  const { blobs } = turn.deps;
  const last = step.failures.at(-1);
  const hint = run.commands.findLast((command) => command.command === "retry")?.why;
  const repair = step.kind === "repair" ? run.repairs[ordinalOf(run, step) - 1] : undefined;
  const because = [
    repair ? `CI failed on ${repair.sha}.` : null,
    last?.because ?? null,
    hint ? `A person says: ${hint}` : null,
  ].filter((part) => part !== null);
  if (because.length === 0) return null;
  const ci = repair ? await blobs.getText(repair.logDigest) : null;
  const printed = last?.outputDigest ? await blobs.getText(last.outputDigest) : null;
  const output =
    ci !== null && printed !== null
      ? `${ci.slice(-CI_CHARACTERS)}\n\nThe attempt before this one printed:\n\n${printed}`
      : (printed ?? ci);
  return { because: because.join(" "), output };
}

/** Why the checks here could not see what a repair is to mend: as it was read on the very commit, and in the same words for whoever takes over. */
function differencesFor(run: Run, step: Step): string | null {
  const isOfThis = step.kind === "repair" && run.gate?.sha === run.repairs.at(-1)?.sha;
  const differs = isOfThis ? (run.gate?.differs ?? []) : [];
  return differs.length === 0 ? null : differs.map(describeDifference).join("\n");
}

/** The review that a revision carries out. */
async function reviewOf(turn: Turn, step: Step): Promise<Review | null> {
  const revision = turn.run().revisions.find((each) => each.step === step.number);
  return revision ? readReview(turn, revision) : null;
}
