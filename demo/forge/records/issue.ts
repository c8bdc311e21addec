import type { Account } from "./account.ts";

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

/** A label that came or went, for the list of events of an issue. */
type Labeling = {
  id: number;
  event: "labeled" | "unlabeled";
  actor: Account;
  label: Label;
  createdAt: Date;
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
  labelings: Labeling[];
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
