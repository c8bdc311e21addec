import { mustPropagate } from "./must-propagate.ts";
import type { CheckRun, ToolContext, ToolResult } from "./tool.ts";

/** Runs the named check, if any, after a change that was made, so that edit and proof are one turn. The change stands whatever comes of it. */
export async function withCheck(
  context: ToolContext,
  done: ToolResult,
  name: string | null,
): Promise<ToolResult> {
  if (name === null || name.trim() === "") return done;
  try {
    const check = await context.runCheck(name.trim());
    return {
      ...done,
      text: `${done.text}\n\n${describeCheck(check)}`,
      paths: [...new Set([...done.paths, ...check.changed])],
      check,
    };
  } catch (error) {
    if (mustPropagate(error, context)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return { ...done, text: `${done.text}\n\nThe check ${name} did not run: ${why}` };
  }
}

const words = {
  passed: "passed",
  failed: "failed",
  timed_out: "took too long and was ended",
  not_run: "was not run",
};

export function describeCheck({ result, output, changed }: CheckRun): string {
  const exit = result.exitCode === null ? "" : `exit code ${result.exitCode}, `;
  const head = `Check ${result.name} ${words[result.status]} (${exit}${(result.ms / 1000).toFixed(1)} s).`;
  const files = changed.length > 0 ? [`It changed: ${changed.join(", ")}`] : [];
  return [head, ...files, ...(output.trim() === "" ? [] : [output.trimEnd()])].join("\n");
}
