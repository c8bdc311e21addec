import type { Access } from "./records/installation.ts";

/** What the app may do when `install` is not told otherwise. */
export const DEFAULT_PERMISSIONS: Record<string, Access> = {
  actions: "write",
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "read",
};

/** What the app hears of when `install` is not told otherwise: all that the forge can send. */
export const DEFAULT_EVENTS = [
  "check_run",
  "check_suite",
  "create",
  "delete",
  "issue_comment",
  "issues",
  "label",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "push",
  "repository",
  "status",
  "workflow_job",
  "workflow_run",
];
