import type { PolicyDecision } from "../run/policy.ts";
import type { ToolContext } from "../tools/tool.ts";
import type { Turn, Workbench } from "./turn.ts";

/** What the tools of one phase get to work with; each refusal of the policy is recorded under that phase. */
export function createToolContext(
  turn: Turn,
  bench: Workbench,
  phase: string,
  seen: Map<string, string> = new Map(),
): ToolContext {
  const note = (access: "read" | "write", asked: string, decision: PolicyDecision) => {
    const { rule, verdict, reason } = decision;
    const data = { phase, rule, subject: `${access} ${asked.slice(0, 300)}`, verdict, reason };
    // The next append waits for this one, and fails with it: nothing is lost by not waiting here.
    turn.record({ kind: "policy.decided", data }).catch(() => undefined);
  };
  return {
    workspace: bench.workspace,
    runCheck: (name) => bench.runCheck(phase, name),
    mayRead: bench.mayRead,
    decide: (access, path) => {
      const decision = bench.decide(access, path);
      if (decision.verdict !== "allow") note(access, path, decision);
      return decision;
    },
    refuse: (access, asked, reason) => note(access, asked, { verdict: "deny", rule: "path", reason }),
    seen,
    editFailures: new Map(),
    signal: turn.signal,
  };
}
