import { type Thought, think } from "../agent/loop.ts";
import { stepOpening, stepSystemPrompt } from "../agent/prompts.ts";
import { AskPerson } from "../errors.ts";
import type { Action } from "../run/action.ts";
import { hasConflictMarker } from "../run/clash.ts";
import { changesSoFar } from "../run/ground.ts";
import type { Run, Step } from "../run/run.ts";
import { ordinalOf } from "../run/steps.ts";
import { stepTools } from "../tools/index.ts";
import type { CheckRun } from "../tools/tool.ts";
import { checkLimits } from "./change-limits.ts";
import { gatherStepFacts } from "./gather-facts.ts";
import { createThinkingPort } from "./thinking-port.ts";
import { createToolContext } from "./tool-context.ts";
import { goOn, type Progress, type Turn, type Workbench } from "./turn.ts";

/**
 * One attempt at one step: from the last checkpoint's tree, through the model's edits, to a check that passes and a new checkpoint.
 * In: the step and what is known. Out: `step.checkpointed`, or `step.failed` with what the check printed.
 */
export async function execute(turn: Turn, action: Extract<Action, { do: "execute" }>): Promise<Progress> {
  const step = stepOf(turn.run(), action.step);
  const { attempt } = action;
  const bench = await turn.workbench();
  const before = changesSoFar(turn.run());
  await bench.workspace.restore(before, (digest) => turn.deps.blobs.get(digest));
  if (step.status !== "running")
    await turn.record({ kind: "step.started", data: { step: step.number, attempt } });

  const phase = phaseOf(turn.run(), step, attempt);
  const thought = await thinkThrough(turn, bench, step, phase, attempt);
  if (thought.ended !== "finished") {
    const because =
      thought.ended === "stuck" ? thought.because : "I used up the turns that one attempt may take.";
    return failed(turn, step, attempt, because, null);
  }
  const proof = await prove(turn, bench, step, phase, thought.lastCheck);
  if (proof.result.status !== "passed") {
    return failed(turn, step, attempt, describeFailure(proof), proof.result.outputDigest);
  }
  const unsettled = step.kind === "update" ? await findMarkers(turn, bench) : [];
  if (unsettled.length > 0) return failed(turn, step, attempt, describeMarkers(unsettled), null);
  await checkpoint(turn, bench, step, attempt, thought.summary, proof);
  return goOn;
}

/**
 * The hard check of a step on the tree as it stands, from recorded exit codes and never from the model's words. The last step answers for
 * every other check too that passed on the base, so that nothing known to be red is published. The first that fails is returned.
 */
async function prove(
  turn: Turn,
  bench: Workbench,
  step: Step,
  phase: string,
  covering: CheckRun | null,
): Promise<CheckRun> {
  const own = covering?.result.name === step.check ? covering : await bench.runCheck(phase, step.check);
  const run = turn.run();
  const isLast = run.steps.every((each) => each.number === step.number || each.status === "done");
  if (own.result.status !== "passed" || !isLast) return own;
  const others = run.baseChecks.filter((check) => check.status === "passed" && check.name !== step.check);
  for (const name of new Set(others.map((check) => check.name))) {
    const other = await bench.runCheck(phase, name);
    if (other.result.status !== "passed") return other;
  }
  return own;
}

/** `step 2, attempt 1`; repairs and revisions are counted by themselves. */
function phaseOf(run: Run, step: Step, attempt: number): string {
  const name = step.kind === "planned" ? "step" : step.kind;
  return `${name} ${ordinalOf(run, step)}, attempt ${attempt}`;
}

async function thinkThrough(
  turn: Turn,
  bench: Workbench,
  step: Step,
  phase: string,
  attempt: number,
): Promise<Thought> {
  const run = turn.run();
  const { models, model } = turn.deps;
  const { seen, ...facts } = await gatherStepFacts(turn, bench, step);
  return think({
    phase,
    model: attempt === 1 ? models.execute : models.escalate,
    system: stepSystemPrompt,
    tools: stepTools,
    opening: stepOpening({ ...facts, phase }),
    maxTurns: run.limits.turnsPerStep,
    maxOutputTokens: run.limits.outputTokensPerCall,
    toolContext: createToolContext(turn, bench, phase, seen),
    port: createThinkingPort(turn, phase),
    complete: model,
    signal: turn.signal,
    endOnGreen: step.check,
  });
}

async function checkpoint(
  turn: Turn,
  bench: Workbench,
  step: Step,
  attempt: number,
  summary: string,
  proof: CheckRun,
): Promise<void> {
  const { blobs } = turn.deps;
  const changes = bench.workspace.changes();
  const { tree, patch } = await bench.workspace.snapshot();
  const excess = checkLimits(changes, patch, turn.run().limits);
  if (excess) throw new AskPerson("policy", excess);
  for (const change of changes) {
    if (change.kind !== "write") continue;
    const content = bench.workspace.contentOf(change.digest);
    if (!content) throw new Error(`The content of ${change.path} is missing from the workspace's journal.`);
    await blobs.put(content);
  }
  await turn.record({
    kind: "step.checkpointed",
    data: {
      step: step.number,
      attempt,
      summary,
      tree,
      patchDigest: await blobs.put(patch),
      changes: [...changes],
      proof: proof.result,
    },
  });
}

/** Files that both sides changed and in which a place that clashes was left. */
async function findMarkers(turn: Turn, bench: Workbench): Promise<string[]> {
  const found: string[] = [];
  for (const { path, kind } of turn.run().adopted?.carried?.clashes ?? []) {
    const file = kind === "both_changed" ? await bench.workspace.read(path) : null;
    if (file && hasConflictMarker(Buffer.from(file.bytes).toString("latin1"))) found.push(path);
  }
  return found;
}

function describeMarkers(paths: readonly string[]): string {
  return `Conflict markers were left in ${paths.slice(0, 10).join(", ")}.`;
}

async function failed(
  turn: Turn,
  step: Step,
  attempt: number,
  because: string,
  outputDigest: string | null,
): Promise<Progress> {
  await turn.record({ kind: "step.failed", data: { step: step.number, attempt, because, outputDigest } });
  return goOn;
}

function describeFailure({ result }: CheckRun): string {
  if (result.status === "timed_out") return `The check \`${result.name}\` did not end in time.`;
  if (result.status === "not_run") return `The check \`${result.name}\` could not be run.`;
  return `The check \`${result.name}\` failed with exit code ${result.exitCode ?? "none"}.`;
}

function stepOf(run: Run, number: number): Step {
  const step = run.steps.find((each) => each.number === number);
  if (!step) throw new Error(`There is no step ${number}.`);
  return step;
}
