import type { Account } from "../records/account.ts";
import type { Repository } from "../records/repository.ts";
import type { Workflow, WorkflowJob, WorkflowRun } from "../records/workflow.ts";
import { ensureSuite } from "../verbs/check.ts";
import type { World } from "../world.ts";
import { runAttempt } from "./attempt.ts";
import { fill } from "./expression.ts";
import type { GithubContext } from "./github-context.ts";
import { createPlaces } from "./places.ts";
import type { RunIn } from "./process.ts";
import type { WorkflowFile } from "./read.ts";
import { tellRun } from "./tell.ts";

export type RunnerOptions = {
  runIn: RunIn;
  /** how many jobs run at once on this machine */
  jobsAtOnce: number;
  jobTimeoutMs: number;
  /** added to the environment of every step */
  env: Record<string, string>;
};

type Wanted = {
  file: WorkflowFile;
  github: GithubContext;
  event: "push" | "pull_request";
  title: string;
  headSha: string;
  treeSha: string;
  branch: string;
  pullNumber: number | null;
  actor: Account;
};

/** Starts workflow runs, starts them again, and stops them. */
export type Launcher = {
  launch: (repository: Repository, wanted: Wanted) => Promise<void>;
  start: (repository: Repository, run: WorkflowRun, kept: WorkflowJob[]) => void;
  /** stops the attempt that is under way; false when there is none */
  stop: (run: WorkflowRun) => boolean;
};

export function createLauncher(getWorld: () => World, options: RunnerOptions): Launcher {
  const launches = new Map<number, { file: WorkflowFile; github: GithubContext; group: string | null }>();
  const underWay = new Map<number, AbortController>();
  /** the end of the last run of each concurrency group */
  const groups = new Map<string, { run: WorkflowRun; ended: Promise<void> }>();
  const place = createPlaces(options.jobsAtOnce);

  function addRun(repository: Repository, wanted: Wanted): WorkflowRun {
    const world = getWorld();
    const workflow = workflowOf(world, repository, wanted.file);
    const { headSha, branch } = wanted;
    const at = world.now();
    const run: WorkflowRun = {
      id: world.state.nextId(),
      workflow,
      suite: ensureSuite(world, repository, { owner: "actions", headSha, headBranch: branch, fresh: true }),
      number: repository.workflowRuns.filter((one) => one.workflow === workflow).length + 1,
      attempt: 1,
      event: wanted.event,
      title: wanted.title,
      headBranch: branch,
      headSha,
      treeSha: wanted.treeSha,
      pullNumber: wanted.pullNumber,
      actor: wanted.actor,
      triggeredBy: wanted.actor,
      status: "queued",
      conclusion: null,
      jobs: [],
      log: wanted.file.problems.join("\n"),
      createdAt: at,
      updatedAt: at,
      startedAt: at,
    };
    repository.workflowRuns.push(run);
    return run;
  }

  function start(repository: Repository, run: WorkflowRun, kept: WorkflowJob[]): void {
    const world = getWorld();
    const known = launches.get(run.id);
    if (known === undefined) return;
    const { file, group } = known;
    const stop = new AbortController();
    underWay.set(run.id, stop);
    const before = group === null ? undefined : groups.get(group);
    if (before !== undefined && file.concurrency?.cancelInProgress === true)
      underWay.get(before.run.id)?.abort();
    const attempt = {
      world,
      repository,
      run,
      file,
      github: { ...known.github, run_attempt: String(run.attempt) },
      kept,
      place,
      signal: stop.signal,
      env: options.env,
      jobTimeoutMs: options.jobTimeoutMs,
      runIn: options.runIn,
    };
    const ended = (async () => {
      await before?.ended;
      await runAttempt(attempt).finally(() => underWay.delete(run.id));
    })();
    if (group !== null) groups.set(group, { run, ended: ended.catch(() => undefined) });
    world.activity.start(`workflow run ${run.id}`, () => ended);
  }

  return {
    async launch(repository, wanted) {
      const world = getWorld();
      const name = wanted.file.name;
      if (world.levers.jobFault(name, null, "ignore") !== null) return;
      const run = addRun(repository, wanted);
      const github = {
        ...wanted.github,
        workflow: name,
        run_id: String(run.id),
        run_number: String(run.number),
      };
      launches.set(run.id, { file: wanted.file, github, group: groupOf(repository, wanted.file, github) });
      await tellRun(world, repository, run, "requested");
      if (world.levers.jobFault(name, null, "require_approval") !== null) {
        run.status = "action_required";
        await tellRun(world, repository, run, "completed");
        return;
      }
      start(repository, run, []);
    },
    start,
    stop(run) {
      const stop = underWay.get(run.id);
      stop?.abort();
      return stop !== undefined;
    },
  };
}

function workflowOf(world: World, repository: Repository, file: WorkflowFile): Workflow {
  const known = repository.workflows.find((one) => one.path === file.path);
  if (known !== undefined) {
    known.name = file.name;
    return known;
  }
  const workflow = { id: world.state.nextId(), name: file.name, path: file.path, createdAt: world.now() };
  repository.workflows.push(workflow);
  return workflow;
}

function groupOf(repository: Repository, file: WorkflowFile, github: GithubContext): string | null {
  if (file.concurrency === null) return null;
  return `${repository.id} ${fill(file.concurrency.group, { github, inputs: {}, vars: {} }, "success")}`;
}
