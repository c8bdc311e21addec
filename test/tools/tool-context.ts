import { vi } from "vitest";
import { decidePath, type PathRules } from "../../src/run/policy.ts";
import { callTool } from "../../src/tools/call-tool.ts";
import { stepTools } from "../../src/tools/index.ts";
import type { CheckRun, Tool, ToolContext } from "../../src/tools/tool.ts";
import type { Workspace } from "../../src/workspace/workspace.ts";

/** A context over a real workspace with the real policy; the check is whatever the test says. */
export function toolContext(workspace: Workspace, rules: Partial<PathRules> = {}) {
  const paths: PathRules = { deny: [], ask: [], private: [], ...rules };
  const runCheck = vi.fn<(name: string) => Promise<CheckRun>>(async (name) => checkRun(name));
  /** paths that were refused for their spelling */
  const refused: string[] = [];
  const abort = new AbortController();
  const context: ToolContext = {
    workspace,
    runCheck,
    decide: (access, path) => decidePath(access, path, paths),
    refuse: (access, asked) => void refused.push(`${access} ${asked}`),
    mayRead: (path) => decidePath("read", path, paths).verdict === "allow",
    seen: new Map(),
    editFailures: new Map(),
    signal: abort.signal,
  };
  const call = (name: string, input: unknown, tools: readonly Tool[] = stepTools) =>
    callTool(
      tools,
      { name, argumentsText: typeof input === "string" ? input : JSON.stringify(input) },
      context,
    );
  return { context, runCheck, call, abort, refused };
}

export function checkRun(
  name: string,
  overrides: Partial<CheckRun["result"]> = {},
  output = "1 test passed\n",
): CheckRun {
  return {
    result: { name, status: "passed", exitCode: 0, ms: 1234, outputDigest: "d".repeat(64), ...overrides },
    output,
    changed: [],
  };
}
