import { conclusionOf, runsOf } from "../check-rollup.ts";
import type { Account } from "../records/account.ts";
import type { Annotation, CheckOwner, CheckRun, CheckSuite } from "../records/check.ts";
import type { Repository } from "../records/repository.ts";
import { shapeCheckRunForHook, shapeCheckSuite } from "../shapes/check.ts";
import type { World } from "../world.ts";

/** The suite of an app for a commit: GitHub makes one for each app, and a new one for each workflow run. */
export function ensureSuite(
  world: World,
  repository: Repository,
  wanted: {
    owner: CheckOwner;
    headSha: string;
    headBranch: string | null;
    before?: string | null;
    fresh?: boolean;
  },
): CheckSuite {
  const known = repository.checkSuites.find(
    (suite) => suite.owner === wanted.owner && suite.headSha === wanted.headSha,
  );
  if (known !== undefined && wanted.fresh !== true) return known;
  const suite: CheckSuite = {
    id: world.state.nextId(),
    owner: wanted.owner,
    headSha: wanted.headSha,
    headBranch: wanted.headBranch,
    before: wanted.before ?? null,
    after: wanted.headSha,
    createdAt: world.now(),
    updatedAt: world.now(),
  };
  repository.checkSuites.push(suite);
  return suite;
}

export async function emitSuite(
  world: World,
  repository: Repository,
  suite: CheckSuite,
  action: string,
  sender: Account,
) {
  const check_suite = await shapeCheckSuite(world, repository, suite);
  world.emit({ event: "check_suite", action, repository, sender, payload: { check_suite } });
}

export function emitCheckRun(
  world: World,
  repository: Repository,
  run: CheckRun,
  action: string,
  sender: Account,
  extra: Record<string, unknown> = {},
): void {
  const check_run = shapeCheckRunForHook(world, repository, run);
  world.emit({ event: "check_run", action, repository, sender, payload: { check_run, ...extra } });
}

export type CheckRunChange = {
  name?: string;
  externalId?: string | null;
  detailsUrl?: string | null;
  status?: string;
  conclusion?: string | null;
  startedAt?: Date;
  completedAt?: Date | null;
  output?: { title: string | null; summary: string | null; text: string | null };
  annotations?: Annotation[];
  actions?: CheckRun["actions"];
};

/** Makes a check run in a suite and tells of it. */
export async function createCheckRun(
  world: World,
  repository: Repository,
  suite: CheckSuite,
  name: string,
  change: CheckRunChange,
  sender: Account,
): Promise<CheckRun> {
  const run: CheckRun = {
    id: world.state.nextId(),
    suite,
    name,
    headSha: suite.headSha,
    externalId: null,
    detailsUrl: null,
    status: "queued",
    conclusion: null,
    // GitHub counts from the creation when it is not told otherwise, even while the run is queued.
    startedAt: world.now(),
    completedAt: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    actions: [],
    createdAt: world.now(),
  };
  apply(world, run, change);
  repository.checkRuns.push(run);
  suite.updatedAt = world.now();
  emitCheckRun(world, repository, run, "created", sender);
  if (run.status === "completed") await tellCompleted(world, repository, run, sender);
  return run;
}

/** Changes a check run; the step to `completed` is told, for the run and, when it was the last one, for its suite. */
export async function updateCheckRun(
  world: World,
  repository: Repository,
  run: CheckRun,
  change: CheckRunChange,
  sender: Account,
): Promise<void> {
  const wasCompleted = run.status === "completed";
  apply(world, run, change);
  run.suite.updatedAt = world.now();
  if (run.status === "completed" && !wasCompleted) await tellCompleted(world, repository, run, sender);
}

async function tellCompleted(
  world: World,
  repository: Repository,
  run: CheckRun,
  sender: Account,
): Promise<void> {
  emitCheckRun(world, repository, run, "completed", sender);
  // Suites of workflow runs are told by the runner, which knows whether a further job is still to come.
  if (run.suite.owner === "ours" && conclusionOf(runsOf(repository, run.suite)) !== null) {
    await emitSuite(world, repository, run.suite, "completed", sender);
  }
}

function apply(world: World, run: CheckRun, change: CheckRunChange): void {
  if (change.name !== undefined) run.name = change.name;
  if (change.externalId !== undefined) run.externalId = change.externalId;
  if (change.detailsUrl !== undefined) run.detailsUrl = change.detailsUrl;
  if (change.startedAt !== undefined) run.startedAt = change.startedAt;
  if (change.output !== undefined) run.output = change.output;
  // GitHub adds annotations with each update, and replaces everything else.
  if (change.annotations !== undefined) run.annotations.push(...change.annotations);
  if (change.actions !== undefined) run.actions = change.actions;
  if (change.status !== undefined) run.status = change.status;
  if (change.status !== undefined && change.status !== "completed") {
    run.conclusion = null;
    run.completedAt = null;
  }
  if (typeof change.conclusion === "string") {
    // A conclusion completes the check run, whatever status was sent with it.
    run.conclusion = change.conclusion;
    run.status = "completed";
    run.completedAt = change.completedAt ?? world.now();
  }
}
