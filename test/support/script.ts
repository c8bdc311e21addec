import type { Script, ScriptedAnswer, ScriptedToolCall } from "../../demo/model/script.ts";

/** The tools as a model calls them, with every field that their schemas want. */
export const call = {
  read: (path: string) => tool("read_file", { path, from: null, to: null }),
  edit: (path: string, old: string, fresh: string, check: string | null = null) =>
    tool("edit_file", { path, edits: [{ old, new: fresh, replace_all: null }], check }),
  create: (path: string, content: string, check: string | null = null) =>
    tool("create_file", { path, content, check }),
  check: (name = "test") => tool("run_check", { name }),
  finish: (summary: string) => tool("finish_step", { summary }),
};

/** What the model says in one turn: its tool calls, or these with a text and the tokens that it claims. */
export type Turn = readonly ScriptedToolCall[] | ScriptedAnswer;

export interface StepScript {
  title: string;
  files: readonly string[];
  check?: string;
  /** turns of each attempt, the first attempt first */
  attempts: readonly (readonly Turn[])[];
}

/**
 * A script from the steps of its plan. `first`: turns before the plan is handed in; `repairs`: turns of each repair after a red CI;
 * `revisions`: turns of each revision after a review; `updates`: attempts at each update after a conflict with the base. Phases that nobody asks for do no harm.
 */
export function writeScript(story: {
  steps: readonly StepScript[];
  first?: readonly Turn[];
  repairs?: readonly (readonly Turn[])[];
  goal?: string;
  revisions?: readonly (readonly Turn[])[];
  updates?: readonly (readonly (readonly Turn[])[])[];
}): Script {
  const plan = tool("submit_plan", {
    goal: story.goal ?? "The sum of numbers is what people expect.",
    steps: story.steps.map(({ title, files, check = "test" }) => ({ title, goal: title, files, check })),
  });
  const phases: Record<string, ScriptedAnswer[]> = {
    "plan, attempt 1": [...(story.first ?? []), [plan]].map(answer),
  };
  story.steps.forEach(({ attempts }, step) => {
    attempts.forEach((turns, attempt) => {
      phases[`step ${step + 1}, attempt ${attempt + 1}`] = turns.map(answer);
    });
  });
  (story.repairs ?? []).forEach((turns, repair) => {
    phases[`repair ${repair + 1}, attempt 1`] = turns.map(answer);
  });
  (story.revisions ?? []).forEach((turns, revision) => {
    phases[`revision ${revision + 1}, attempt 1`] = turns.map(answer);
  });
  (story.updates ?? []).forEach((attempts, update) => {
    attempts.forEach((turns, attempt) => {
      phases[`update ${update + 1}, attempt ${attempt + 1}`] = turns.map(answer);
    });
  });
  return { version: 1, model: "gpt-5", latencyMs: 0, phases };
}

function tool(name: string, input: Record<string, unknown>): ScriptedToolCall {
  return { name, arguments: input };
}

function answer(turn: Turn): ScriptedAnswer {
  return "length" in turn ? { toolCalls: [...turn] } : turn;
}
