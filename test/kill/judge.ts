import type { RepositoryHandle } from "../../demo/forge/forge.ts";
import type { RunEvent } from "../../src/run/events.ts";
import { foldRun } from "../../src/run/evolve.ts";
import { totalSpending } from "../../src/run/spending.ts";
import { type Outcome, outcomeOf } from "../support/outcome.ts";
import type { World } from "./world.ts";

/** What is wrong with one run, in words; empty when all is as without any crash. */
export interface Judgement {
  doubles: string[];
  lost: string[];
  overBudget: string[];
}

const expectedCommits = ["1/2", "2/2"];

export async function judge(world: World, repository: RepositoryHandle): Promise<Judgement> {
  const { owner, name, id } = repository;
  const seen = () => world.forge.inspect(owner, name);
  const robin = world.forge.as("robin");
  const outcome = await outcomeOf({ seen, robin, repository });
  const runId = await world.journal.runOfIssue(id, 1);
  const events = runId === null ? [] : await world.journal.read(runId);
  const at = `${owner}/${name}`;
  return {
    doubles: [...doubledObjects(outcome), ...doubledSteps(events)].map((what) => `${at}: ${what}`),
    lost: missing(outcome, events).map((what) => `${at}: ${what}`),
    overBudget: isOverBudget(events) ? [at] : [],
  };
}

function doubledObjects(outcome: Outcome): string[] {
  const steps = outcome.commits.map((commit) => commit.step);
  // A question may come up more than once; everything else is said once.
  const words = [...outcome.onIssue, ...outcome.onPull].filter((each) => each !== "question");
  const ours = outcome.checks.filter((check) => check.startsWith("Fixpoint") && !check.endsWith("neutral"));
  return [
    ...(outcome.branches.length > 1 ? [`branches ${outcome.branches.join(", ")}`] : []),
    ...(outcome.pulls.length > 1 ? [`${outcome.pulls.length} pull requests`] : []),
    ...repeated(steps).map((step) => `commit of step ${step}`),
    ...repeated(words).map((word) => `comment ${word}`),
    ...(ours.length > 1 ? [`check runs ${ours.join(", ")}`] : []),
  ];
}

/** A step that was checkpointed and done again. */
function doubledSteps(events: readonly RunEvent[]): string[] {
  const done = events.flatMap((event) =>
    event.kind === "step.checkpointed" ? [String(event.data.step)] : [],
  );
  return repeated(done).map((step) => `step ${step} was checkpointed twice`);
}

function missing(outcome: Outcome, events: readonly RunEvent[]): string[] {
  if (events.length === 0) return ["there is no run"];
  const { status } = foldRun(events);
  if (status !== "awaiting_merge") return [`the run is ${status}`];
  const [pull] = outcome.pulls;
  const said = [...outcome.onIssue, ...outcome.onPull];
  return [
    ...(pull?.state === "open" && !pull.draft ? [] : ["no pull request that is ready"]),
    ...expectedCommits.filter((step) => !outcome.commits.some((commit) => commit.step === step)),
    ...["progress", "result", "cost", "audit"].filter((word) => !said.includes(word)),
    ...(outcome.checks.includes("Fixpoint success") ? [] : ["no check run that says success"]),
  ];
}

function isOverBudget(events: readonly RunEvent[]): boolean {
  if (events.length === 0) return false;
  const run = foldRun(events);
  return totalSpending(run).spent > run.limits.nanoUsd;
}

function repeated(words: readonly string[]): string[] {
  return [...new Set(words.filter((word, index) => words.indexOf(word) !== index))];
}
