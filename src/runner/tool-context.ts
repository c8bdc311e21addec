import type { ToolContext } from "../tools/tool.ts";
import type { Turn, Workbench } from "./turn.ts";

/** What the tools of one phase get to work with; each refusal of the policy is recorded under that phase. */
export function createToolContext(
  turn: Turn,
  bench: Workbench,
  phase: string,
  seen: Map<string, string> = new Map(),
): ToolContext {
  return {
    workspace: bench.workspace,
    runCheck: (name) => bench.runCheck(phase, name),
    mayRead: bench.mayRead,
    decide: (access, path) => {
      const decision = bench.decide(access, path);
      if (decision.verdict !== "allow") {
        const { rule, verdict, reason } = decision;
        const data = { phase, rule, subject: `${access} ${path.slice(0, 300)}`, verdict, reason };
        // The next append waits for this one, and fails with it: nothing is lost by not waiting here.
        turn.record({ kind: "policy.decided", data }).catch(() => undefined);
      }
      return decision;
    },
    seen,
    editFailures: new Map(),
    signal: turn.signal,
  };
}
