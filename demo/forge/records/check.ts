import type { Account } from "./account.ts";

/** The app that owns a check suite: ours, or the built-in one that runs workflows. */
export type CheckOwner = "ours" | "actions";

export type CheckSuite = {
  id: number;
  owner: CheckOwner;
  headSha: string;
  headBranch: string | null;
  before: string | null;
  after: string | null;
  createdAt: Date;
  updatedAt: Date;
};

export type Annotation = {
  path: string;
  start_line: number;
  end_line: number;
  start_column: number | null;
  end_column: number | null;
  annotation_level: string;
  message: string;
  title: string | null;
  raw_details: string | null;
};

export type CheckRun = {
  id: number;
  suite: CheckSuite;
  name: string;
  headSha: string;
  externalId: string | null;
  detailsUrl: string | null;
  status: string;
  conclusion: string | null;
  startedAt: Date;
  completedAt: Date | null;
  output: { title: string | null; summary: string | null; text: string | null };
  annotations: Annotation[];
  actions: { label: string; description: string; identifier: string }[];
  createdAt: Date;
};

export type CommitStatus = {
  id: number;
  sha: string;
  state: "error" | "failure" | "pending" | "success";
  context: string;
  description: string | null;
  targetUrl: string | null;
  creator: Account;
  createdAt: Date;
};
