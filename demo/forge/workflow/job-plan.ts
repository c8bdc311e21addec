import type { Contexts, Outcome } from "./expression.ts";
import type { RunIn } from "./process.ts";
import type { JobSpec, WorkflowFile } from "./read.ts";

export type JobPlan = {
  file: WorkflowFile;
  spec: JobSpec;
  gitDir: string;
  treeSha: string;
  /** the job's own directory, with `work`, `home` and `temp` in it; removed by the caller */
  root: string;
  /** `github`, `matrix`, `needs`, `runner` … */
  contexts: Contexts;
  /** environment of every step, before that of the files */
  env: Record<string, string> & { PATH: string };
  timeoutMs: number;
  signal: AbortSignal;
  runIn: RunIn;
  now: () => Date;
};

/** What the steps so far leave for the ones after them. */
export type Progress = {
  outcome: Exclude<Outcome, "skipped">;
  env: Record<string, string>;
  path: string[];
  steps: Record<string, { outcome: string; conclusion: string; outputs: Record<string, string> }>;
};

export const contextsOf = (plan: JobPlan, progress: Progress): Contexts => ({
  ...plan.contexts,
  steps: progress.steps,
  job: { status: progress.outcome },
  env: { ...plan.file.env, ...plan.spec.env, ...progress.env },
});
