import { describe, expect, it } from "vitest";
import { findPlace } from "../../../demo/model/conversation.ts";

const user = (content: unknown) => ({ role: "user", content });

describe("findPlace in chat completions", () => {
  it("counts the assistant's messages after the message with the phase", () => {
    const messages = [
      { role: "system", content: "Phase: nothing" },
      user("the task\nPhase: step 2, attempt 1"),
      { role: "assistant", content: null, tool_calls: [] },
      { role: "tool", content: "Phase: repair 9, attempt 9", tool_call_id: "a" },
      { role: "tool", content: "more", tool_call_id: "b" },
      { role: "assistant", content: "thinking" },
      { role: "assistant", content: "again" },
    ];
    expect(findPlace("chat", { messages })).toEqual({ phase: "step 2, attempt 1", index: 3 });
  });

  it("goes by the last phase line and starts to count anew there", () => {
    const messages = [
      user("Phase: plan, attempt 1"),
      { role: "assistant", content: "one" },
      user([
        { type: "text", text: "Phase: plan, attempt 1\nno: " },
        { type: "text", text: "Phase: plan, attempt 2\r\n" },
      ]),
      { role: "assistant", content: "two" },
      user("please call a tool"),
    ];
    expect(findPlace("chat", { messages })).toEqual({ phase: "plan, attempt 2", index: 1 });
  });

  it.for([null, {}, { messages: "x" }, { messages: [] }, { messages: [user("a Phase: plan")] }])(
    "finds no place in %j",
    (body) => {
      expect(findPlace("chat", body)).toBeNull();
    },
  );
});

describe("findPlace in responses", () => {
  it("counts items of the model that stand together as one turn", () => {
    const input = [
      user("earlier"),
      {
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "task\nPhase: step 1, attempt 1" }],
      },
      { type: "reasoning", id: "r", summary: [] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "Phase: none" }] },
      { type: "function_call", call_id: "a", name: "read_file", arguments: "{}" },
      { type: "function_call", call_id: "b", name: "read_file", arguments: "{}" },
      { type: "function_call_output", call_id: "a", output: "Phase: step 9" },
      { type: "function_call_output", call_id: "b", output: "…" },
      { type: "function_call", call_id: "c", name: "run_check", arguments: "{}" },
      { type: "function_call_output", call_id: "c", output: "…" },
      { role: "assistant", content: "done" },
      user("then call finish_step"),
    ];
    expect(findPlace("responses", { input })).toEqual({ phase: "step 1, attempt 1", index: 3 });
  });

  it("reads an input that is one string", () => {
    expect(findPlace("responses", { input: "hello\nPhase: plan, attempt 1\nbye" })).toEqual({
      phase: "plan, attempt 1",
      index: 0,
    });
  });

  it.for([null, {}, { input: 3 }, { input: "no phase" }])("finds no place in %j", (body) => {
    expect(findPlace("responses", body)).toBeNull();
  });
});
