/** Everything the forge remembers beside its bare git repositories. Plain records; times are Dates of the forge's clock. */

export type Account = {
  id: number;
  login: string;
  type: "User" | "Organization" | "Bot";
  createdAt: Date;
};

export type Role = "read" | "triage" | "write" | "maintain" | "admin";

export type Label = { id: number; name: string; color: string; description: string | null; default: boolean };

export type Reaction = { id: number; content: string; author: Account; createdAt: Date };

/** `viaApp` is true when our app wrote it: GitHub then fills `performed_via_github_app`. */
export type Comment = {
  id: number;
  body: string;
  author: Account;
  viaApp: boolean;
  reactions: Reaction[];
  createdAt: Date;
  updatedAt: Date;
};

export type ReviewComment = Comment & {
  reviewId: number | null;
  path: string;
  commitSha: string;
  diffHunk: string;
  line: number | null;
  startLine: number | null;
  side: "LEFT" | "RIGHT";
  inReplyTo: number | null;
  subject: "line" | "file";
};

export type Review = {
  id: number;
  author: Account;
  body: string;
  state: "PENDING" | "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  commitSha: string;
  submittedAt: Date | null;
  createdAt: Date;
};

export type Pull = {
  id: number;
  draft: boolean;
  headRef: string;
  headSha: string;
  baseRef: string;
  baseSha: string;
  mergedAt: Date | null;
  mergedBy: Account | null;
  mergeCommitSha: string | null;
  requestedReviewers: Account[];
  reviews: Review[];
  reviewComments: ReviewComment[];
};

/** As on GitHub a pull request is an issue with more to it: one number, two ids. */
export type Issue = {
  id: number;
  number: number;
  title: string;
  body: string | null;
  author: Account;
  viaApp: boolean;
  state: "open" | "closed";
  stateReason: "completed" | "not_planned" | "reopened" | "duplicate" | null;
  labels: Label[];
  assignees: Account[];
  locked: boolean;
  deleted: boolean;
  comments: Comment[];
  reactions: Reaction[];
  createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  closedBy: Account | null;
  pull: Pull | null;
};

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
  startedAt: Date | null;
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
  status: "queued" | "in_progress" | "completed" | "waiting" | "action_required";
  conclusion: string | null;
  jobs: WorkflowJob[];
  log: string;
  createdAt: Date;
  updatedAt: Date;
  startedAt: Date;
};

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
  createdAt: Date;
  updatedAt: Date;
  pushedAt: Date;
};

export type Access = "read" | "write";

export type Installation = {
  id: number;
  account: Account;
  permissions: Record<string, Access>;
  events: string[];
  repositories: "all" | Set<number>;
  suspendedAt: Date | null;
  suspendedBy: Account | null;
  createdAt: Date;
  updatedAt: Date;
};

export type InstallationToken = {
  value: string;
  installation: Installation;
  permissions: Record<string, Access>;
  /** ids of the repositories it is narrowed to, or null for all of the installation's */
  repositories: Set<number> | null;
  expiresAt: Date;
};

export type State = {
  accounts: Map<number, Account>;
  repositories: Map<number, Repository>;
  installations: Map<number, Installation>;
  tokens: Map<string, InstallationToken>;
  /** personal access tokens of people, for git and the API */
  personalTokens: Map<string, Account>;
  nextId: () => number;
};

export function createState(): State {
  let lastId = 1_000_000;
  return {
    accounts: new Map(),
    repositories: new Map(),
    installations: new Map(),
    tokens: new Map(),
    personalTokens: new Map(),
    // One sequence for every kind of thing: an id used for the wrong kind is then a 404 and not a stroke of luck.
    nextId: () => {
      lastId += 1;
      return lastId;
    },
  };
}

export function findAccount(state: State, login: string): Account | null {
  const wanted = login.toLowerCase();
  for (const account of state.accounts.values()) if (account.login.toLowerCase() === wanted) return account;
  return null;
}

export function findRepository(state: State, owner: string, name: string): Repository | null {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repository of state.repositories.values()) {
    if (`${repository.owner.login}/${repository.name}`.toLowerCase() === wanted) return repository;
  }
  return null;
}

/** The repository that once had this name, when no other has it now. */
export function findMovedRepository(state: State, owner: string, name: string): Repository | null {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repository of state.repositories.values()) {
    if (repository.formerNames.includes(wanted)) return repository;
  }
  return null;
}

/** The installation that covers this repository, suspended or not. */
export function installationOf(state: State, repository: Repository): Installation | null {
  for (const installation of state.installations.values()) {
    if (installation.account.id !== repository.owner.id) continue;
    if (installation.repositories === "all" || installation.repositories.has(repository.id))
      return installation;
  }
  return null;
}
