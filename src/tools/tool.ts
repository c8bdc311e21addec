import type { z } from "zod";
import type { CheckResult } from "../run/check.ts";
import type { PolicyDecision } from "../run/policy.ts";
import type { Workspace } from "../workspace/workspace.ts";

/** What the model may do: a name, a strict schema, read or write, and a result that is capped in size. */
export interface Tool<Input = unknown> {
  name: string;
  /** the same bytes for every repository: no path, date or id */
  description: string;
  input: z.ZodType<Input>;
  access: "read" | "write";
  run(input: Input, context: ToolContext): Promise<ToolResult>;
}

export interface ToolContext {
  workspace: Workspace;
  /** runs a check of the repository in the sandbox against the workspace as it stands; records it */
  runCheck(name: string): Promise<CheckRun>;
  /** asked before every path is read or changed; the answer is recorded when it is not plain `allow` */
  decide(access: "read" | "write", path: string): PolicyDecision;
  /** records that a path was refused for its spelling, before any rule could be asked about it */
  refuse(access: "read" | "write", asked: string, reason: string): void;
  /** the same rules for thousands of paths at once, in lists and searches: recorded nowhere */
  mayRead(path: string): boolean;
  /** content hash of each file as the model last saw it in this attempt: a file must have been read before it is edited */
  seen: Map<string, string>;
  /** failed edits by path in this attempt */
  editFailures: Map<string, number>;
  signal: AbortSignal;
}

export interface CheckRun {
  result: CheckResult;
  /** head and tail of what the command printed, cleaned; for the model */
  output: string;
  /** files that a writing check changed, already in the workspace's change set */
  changed: readonly string[];
}

/** Every failure is a result that the model can read. `refused`: policy or a missing precondition; `failed`: it did not work. */
export interface ToolResult {
  status: "ok" | "refused" | "failed";
  text: string;
  /** paths that were read or changed, for the audit */
  paths: readonly string[];
  /** what ended with this call, if anything did */
  check?: CheckRun;
  finished?: { summary: string };
  plan?: unknown;
}
