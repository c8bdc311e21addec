import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedSchema } from "../../src/commands/command.ts";
import { parseCommand, verbs } from "../../src/commands/parse-command.ts";

describe("a command", () => {
  it.each([
    ["/agent stop", { verb: "stop" }],
    ["/agent status", { verb: "status" }],
    ["/agent help", { verb: "help" }],
    ["/agent", { verb: "help" }],
    ["/agent retry", { verb: "retry", step: null, why: null }],
    ["/agent retry step 3", { verb: "retry", step: 3, why: null }],
    ["/agent retry step #3", { verb: "retry", step: 3, why: null }],
    ["/agent retry step 3, the port was wrong", { verb: "retry", step: 3, why: "the port was wrong" }],
    ["/agent retry because CI was down", { verb: "retry", step: null, why: "because CI was down" }],
    ["/agent retry: use node:path", { verb: "retry", step: null, why: "use node:path" }],
    ["/agent retry step by step", { verb: "retry", step: null, why: "step by step" }],
    ["/agent retry 3 times", { verb: "retry", step: null, why: "3 times" }],
    ["/agent stop, please", { verb: "stop" }],
    ["/agent stop!", { verb: "stop" }],
  ])("is read from %j", (comment, asked) => {
    expect(parseCommand(comment)).toEqual(asked);
  });

  it.each([
    "/AGENT Stop",
    "  /agent   stop  ",
    "/agent\tstop",
    "/agent stop\nand thank you",
    "/agent stop\r\nbye",
    "\n\n/agent stop",
  ])("does not depend on case, spaces or what follows: %j", (comment) => {
    expect(parseCommand(comment)).toEqual({ verb: "stop" });
  });

  it("is not hidden by invisible characters", () => {
    expect(parseCommand("/agent st\u200bop")).toEqual({ verb: "stop" });
  });
});

describe("no command", () => {
  it.each([
    ["a quote", "> /agent stop"],
    ["an indented block of code", "    /agent stop"],
    ["a tab's block of code", "\t/agent stop"],
    ["a fence", "```\n/agent stop\n```"],
    ["a code span", "`/agent stop`"],
    ["an HTML comment", "<!-- /agent stop -->"],
    ["a later line", "I think\n/agent stop"],
    ["a later word", "please /agent stop"],
    ["a longer word", "/agents stop"],
    ["a path", "/agent/stop"],
    ["a list", "- /agent stop"],
    ["letters that only look alike", "/\u0430gent stop"],
    ["nothing", ""],
    ["blank lines", "\n \n"],
  ])("is read from %s", (_, comment) => {
    expect(parseCommand(comment)).toBeNull();
  });
});

describe("an unknown command", () => {
  it.each([
    ["/agent retyr", "retyr", "retry"],
    ["/agent rerty it", "rerty it", "retry"],
    ["/agent stpo", "stpo", "stop"],
    ["/agent statsu", "statsu", "status"],
    ["/agent hlep", "hlep", "help"],
    ["/agent merge", "merge", null],
    ["/agent x", "x", null],
    ["/agent ?", "?", null],
  ])("names the nearest one if one is near: %j", (comment, text, nearest) => {
    expect(parseCommand(comment)).toEqual({ verb: "unknown", text, nearest });
  });

  it("is cut short", () => {
    expect(parseCommand(`/agent ${"a".repeat(70_000)}`)).toEqual({
      verb: "unknown",
      text: "a".repeat(80),
      nearest: null,
    });
  });
});

it("always gives what the queue accepts, whatever is typed", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc
      .tuple(fc.constantFrom(...Object.keys(verbs), "step"), fc.string({ unit: "grapheme" }))
      .map((parts) => parts.join(" ")),
  );
  fc.assert(
    fc.property(text, (typed) => {
      const asked = parseCommand(`/agent ${typed}`);
      if (asked) expect(askedSchema.parse(asked)).toEqual(asked);
    }),
    { seed: 20_261_120, numRuns: 2_000 },
  );
});

it("describes every verb as people type it", () => {
  for (const [verb, { usage, means }] of Object.entries(verbs)) {
    const typed = usage.replace(/ \[.*$/, "");
    expect(parseCommand(typed)).toMatchObject({ verb });
    expect(means.length).toBeGreaterThan(5);
  }
});
