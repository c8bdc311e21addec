import { type ThinkInput, type Thought, think } from "../../../src/agent/loop.ts";
import type { Model, ModelFailure, ModelReply, ModelRequest } from "../../../src/agent/model.ts";
import type { ThinkingPort } from "../../../src/agent/thinking-port.ts";
import { stepTools } from "../../../src/tools/index.ts";
import type { CheckRun, ToolContext } from "../../../src/tools/tool.ts";
import { memoryWorkspace } from "./memory-workspace.ts";

/** An answer with these calls: `["read_file", { path }]`; a string is sent as it is. */
export function calls(...wanted: [name: string, input: unknown, id?: string][]): ModelReply {
  return {
    text: "",
    toolCalls: wanted.map(([name, input, id], index) => ({
      id: id ?? `c${index}`,
      name,
      arguments: typeof input === "string" ? input : JSON.stringify(input),
    })),
    finish: "tool_calls",
    usage: { inputTokens: 10, cachedTokens: 0, outputTokens: 5, counted: "by_provider" },
  };
}

export function says(text: string, finish: ModelReply["finish"] = "stop"): ModelReply {
  return { ...calls(), text, finish };
}

/** A port that writes one line into `log` for all that passes. */
export function port(
  log: string[],
  recalled: (request: ModelRequest) => ModelReply | null = () => null,
): ThinkingPort {
  return {
    before: async (request) => {
      const reply = recalled(request);
      log.push(reply ? "recall" : "reserve");
      return { callId: `call ${log.length}`, recalled: reply };
    },
    after: async ({ outcome }) => {
      log.push("reply" in outcome ? "settle" : `settle failed ${outcome.failure.next}`);
    },
    tool: async ({ callId, name, run }) => {
      log.push(`> ${name}`);
      const result = await run();
      log.push(`< ${name} ${result.status} ${callId}`);
      return result;
    },
  };
}

export interface Played {
  thought: Thought | Error;
  requests: ModelRequest[];
  /** what passed through the port, in order, as one line each */
  log: string[];
  workspace: ReturnType<typeof memoryWorkspace>;
  /** the results of the last request, as the model reads them */
  results(turn: number): string[];
}

/** Leads one phase with real tools over a workspace in memory; the check `test` passes when `green` says so. */
export async function play(
  answers: (ModelReply | ModelFailure | Error)[],
  options: {
    green?: (text: (path: string) => string | null) => boolean;
    files?: Record<string, string>;
    input?: Partial<ThinkInput>;
    context?: Partial<ToolContext>;
    recalled?: (request: ModelRequest, index: number) => ModelReply | null;
  } = {},
): Promise<Played> {
  const workspace = memoryWorkspace(options.files ?? { "a.js": "one\n", "b.js": "two\n" });
  const log: string[] = [];
  const requests: ModelRequest[] = [];
  const signal = new AbortController().signal;
  let asked = 0;
  const complete: Model = {
    complete: async (request) => {
      requests.push(request);
      const answer = answers[asked++];
      if (!answer || answer instanceof Error) throw answer ?? new Error("the script has no answer left");
      return answer;
    },
  };
  const recalled = (request: ModelRequest) => {
    const reply = options.recalled?.(request, requests.length) ?? null;
    if (reply) requests.push(request);
    return reply;
  };
  const runCheck = async (name: string): Promise<CheckRun> => {
    const passed = name !== "test" || (options.green ?? (() => true))(workspace.text);
    log.push(`check ${name} ${passed ? "passed" : "failed"}`);
    const result = {
      name,
      status: passed ? "passed" : "failed",
      exitCode: passed ? 0 : 1,
      ms: 5,
      outputDigest: "d",
    } as const;
    return { result, output: passed ? "ok" : "not ok", changed: [] };
  };
  const toolContext: ToolContext = {
    workspace,
    runCheck,
    decide: () => ({ verdict: "allow", rule: "default", reason: "" }),
    refuse: () => {},
    mayRead: () => true,
    seen: new Map(),
    editFailures: new Map(),
    signal,
    ...options.context,
  };
  const thought = await think({
    phase: "step 1, attempt 1",
    model: "m",
    system: "rules",
    tools: stepTools,
    opening: "the task\nPhase: step 1, attempt 1",
    maxTurns: 12,
    maxOutputTokens: 4_000,
    toolContext,
    port: port(log, recalled),
    complete,
    signal,
    endOnGreen: "test",
    ...options.input,
  }).catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  const results = (turn: number) =>
    (requests[turn]?.messages ?? []).flatMap((message) => (message.role === "tool" ? [message.text] : []));
  return { thought, requests, log, workspace, results };
}
