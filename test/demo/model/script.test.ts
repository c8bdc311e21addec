import { describe, expect, it } from "vitest";
import { parseScript, ScriptError } from "../../../demo/model/script.ts";

const mistakesOf = (value: unknown): readonly string[] => {
  try {
    parseScript(typeof value === "string" ? value : JSON.stringify(value));
  } catch (error) {
    if (error instanceof ScriptError) return error.mistakes;
    throw error;
  }
  return [];
};

describe("parseScript", () => {
  it("reads a script with every field", () => {
    const script = {
      version: 1,
      model: "scripted-1",
      latencyMs: 150,
      phases: {
        "plan, attempt 1": [
          {
            text: "Looking.",
            toolCalls: [
              { name: "search_code", arguments: { pattern: "x", path: null } },
              { name: "read_file", arguments: '{"path": ' },
            ],
            usage: { input: 1200, cached: 1024, output: 80 },
          },
        ],
      },
    };
    expect(parseScript(JSON.stringify(script))).toEqual(script);
  });

  it("answers without delay when no latency is written", () => {
    const script = { version: 1, model: "m", phases: { plan: [{ text: "yes" }] } };
    expect(parseScript(JSON.stringify(script))).toEqual({ ...script, latencyMs: 0 });
  });

  it("names every mistake at once with its JSON path", () => {
    const script = {
      version: 2,
      latencyMs: -1,
      colour: "red",
      phases: {
        "plan, attempt 1": [{}, { toolCalls: [{ name: "", arguments: 7, id: "x" }] }],
        "step 1": [],
        " two\nlines": [{ text: "hi", usage: { input: 1, cached: 2, output: 0 } }],
      },
    };
    expect(mistakesOf(script)).toEqual([
      "$.version: Invalid input: expected 1",
      "$.model: Invalid input: expected string, received undefined",
      "$.latencyMs: Too small: expected number to be >=0",
      '$.phases["plan, attempt 1"][0]: must hold a text or at least one tool call',
      '$.phases["plan, attempt 1"][1].toolCalls[0].name: Too small: expected string to have >=1 characters',
      '$.phases["plan, attempt 1"][1].toolCalls[0].arguments: Invalid input',
      '$.phases["plan, attempt 1"][1].toolCalls[0].id: is not a field of the format',
      '$.phases["step 1"]: must hold at least one answer',
      '$.phases[" two\\nlines"][0].usage.cached: must not be above input: cached tokens are a part of the input tokens',
      "$.colour: is not a field of the format",
      '$.phases[" two\\nlines"]: a phase name is one line without space at its ends',
    ]);
  });

  it("says that text is not JSON", () => {
    expect(mistakesOf("{")).toEqual([expect.stringMatching(/^\$: is not JSON: /)]);
  });

  it("says that a script without phases holds nothing to say", () => {
    expect(mistakesOf({ version: 1, model: "m", phases: {} })).toEqual([
      "$.phases: must hold at least one phase",
    ]);
  });
});
