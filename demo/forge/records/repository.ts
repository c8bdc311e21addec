import type { Account, Role } from "./account.ts";
import type { CheckRun, CheckSuite, CommitStatus } from "./check.ts";
import type { Issue, Label } from "./issue.ts";
import type { Workflow, WorkflowRun } from "./workflow.ts";

/** One rule as GitHub's REST answer words it: `{ type: "required_status_checks", parameters: … }`. */
export type Rule = { type: string; parameters?: Record<string, unknown> };

type Ruleset = { id: number; prefix: string; rules: Rule[] };

export type Repository = {
  id: number;
  name: string;
  owner: Account;
  private: boolean;
  archived: boolean;
  defaultBranch: string;
  /** the bare repository on disk */
  gitDir: string;
  /** `owner/name` under which it was known before, lower case */
  formerNames: string[];
  collaborators: Map<number, Role>;
  labels: Label[];
  issues: Map<number, Issue>;
  checkSuites: CheckSuite[];
  checkRuns: CheckRun[];
  statuses: CommitStatus[];
  workflows: Workflow[];
  workflowRuns: WorkflowRun[];
  /** commits that the forge signed, as GitHub signs those of an app */
  signed: Map<string, { payload: string; signature: string; at: Date }>;
  /** branch protection by branch name, as GitHub's REST answer words it */
  protection: Map<string, Record<string, unknown>>;
  rulesets: Ruleset[];
  createdAt: Date;
  updatedAt: Date;
  pushedAt: Date;
};
