import path from "node:path";
import type { WorkflowJob } from "../records/workflow.ts";
import { machineEnvironment } from "./machine.ts";
import type { Attempt } from "./order.ts";

/** The environment of a job's steps: little of this machine, and what GitHub's own runner sets. */
export function jobEnvironment(
  attempt: Attempt,
  job: WorkflowJob,
  root: string,
): Record<string, string> & { PATH: string } {
  const { github, run } = attempt;
  const text = (name: string) => String(github[name] ?? "");
  return {
    ...machineEnvironment(),
    HOME: path.join(root, "home"),
    TMPDIR: path.join(root, "temp"),
    LANG: "C.UTF-8",
    CI: "true",
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: path.join(root, "work"),
    GITHUB_SHA: text("sha"),
    GITHUB_REF: text("ref"),
    GITHUB_REF_NAME: text("ref_name"),
    GITHUB_REF_TYPE: text("ref_type"),
    GITHUB_HEAD_REF: text("head_ref"),
    GITHUB_BASE_REF: text("base_ref"),
    GITHUB_EVENT_NAME: text("event_name"),
    GITHUB_REPOSITORY: text("repository"),
    GITHUB_REPOSITORY_OWNER: text("repository_owner"),
    GITHUB_SERVER_URL: text("server_url"),
    GITHUB_API_URL: text("api_url"),
    GITHUB_ACTOR: text("actor"),
    GITHUB_WORKFLOW: run.workflow.name,
    GITHUB_RUN_ID: String(run.id),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_RUN_ATTEMPT: String(run.attempt),
    GITHUB_JOB: job.key,
    RUNNER_OS: "Linux",
    RUNNER_ARCH: process.arch === "arm64" ? "ARM64" : "X64",
    RUNNER_TEMP: path.join(root, "temp"),
    ...attempt.env,
  };
}
