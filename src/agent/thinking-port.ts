import type { ToolResult } from "../tools/tool.ts";
import type { ModelFailure, ModelReply, ModelRequest } from "./model.ts";

/** How one phase of thinking reaches the world. The runner implements it, and records what passes through. */
export interface ThinkingPort {
  /**
   * Before each call: checks budget and switches and reserves the worst case, or recalls the recorded answer to the
   * byte-identical request of this phase, and then nothing is spent. Throws `AskPerson` (budget), `LeaseLost` or `TryLater`.
   */
  before(request: ModelRequest): Promise<{ callId: string; recalled: ModelReply | null }>;
  /** Settles a call that was not recalled. A failure's `usage` is what it may have cost all the same. */
  after(call: {
    callId: string;
    request: ModelRequest;
    outcome: { reply: ModelReply } | { failure: ModelFailure };
    ms: number;
  }): Promise<void>;
  /** Runs and records one tool call (refused ones too), or recalls its result. `callId` is unique within the phase. */
  tool(call: {
    callId: string;
    name: string;
    argumentsText: string;
    run(): Promise<ToolResult>;
  }): Promise<ToolResult>;
}
