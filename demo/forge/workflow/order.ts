import type { Repository } from "../records/repository.ts";
import type { WorkflowJob, WorkflowRun } from "../records/workflow.ts";
import type { World } from "../world.ts";
import type { Outcome } from "./expression.ts";
import type { GithubContext } from "./github-context.ts";
import type { Combination } from "./matrix.ts";
import type { RunIn } from "./process.ts";
import type { JobSpec, WorkflowFile } from "./read.ts";

/** One attempt at a workflow run. */
export type Attempt = {
  world: World;
  repository: Repository;
  run: WorkflowRun;
  file: WorkflowFile;
  github: GithubContext;
  env: Record<string, string>;
  signal: AbortSignal;
  /** jobs of the attempt before that passed and are not run again */
  kept: readonly WorkflowJob[];
  jobTimeoutMs: number;
  runIn: RunIn;
  /** waits for a free place on the machine */
  place: <T>(work: () => Promise<T>) => Promise<T>;
};

/** How a job of the graph ended, all its combinations together. `never` is a job that found no machine. */
export type JobEnd = { result: string; outputs: Record<string, string>; isKept: boolean };

/** One job to run: one combination of its matrix, after the jobs that it needs. */
export type Order = {
  spec: JobSpec;
  combination: Combination;
  needs: Record<string, JobEnd>;
  outcome: Outcome;
  signal: AbortSignal;
  kept: readonly WorkflowJob[];
};

export type CombinationEnd = { conclusion: string; outputs: Record<string, string>; isKept: boolean };
