import type { Account } from "./account.ts";
import type { CheckRun, CheckSuite } from "./check.ts";

export type Workflow = { id: number; name: string; path: string; createdAt: Date };

export type JobStep = {
  number: number;
  name: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  startedAt: Date | null;
  completedAt: Date | null;
};

export type WorkflowJob = {
  id: number;
  key: string;
  name: string;
  attempt: number;
  checkRun: CheckRun;
  steps: JobStep[];
  labels: string[];
  outputs: Record<string, string>;
  log: string;
  createdAt: Date;
};

export type WorkflowRun = {
  id: number;
  workflow: Workflow;
  suite: CheckSuite;
  number: number;
  attempt: number;
  event: string;
  title: string;
  headBranch: string;
  headSha: string;
  /** the commit that is checked out: the head SHA, or the test merge of a pull request */
  treeSha: string;
  pullNumber: number | null;
  actor: Account;
  /** who asked for the last attempt */
  triggeredBy: Account;
  status: "queued" | "in_progress" | "completed" | "waiting" | "action_required";
  conclusion: string | null;
  jobs: WorkflowJob[];
  log: string;
  createdAt: Date;
  updatedAt: Date;
  startedAt: Date;
};
