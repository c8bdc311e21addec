import { describe, expect, it } from "vitest";
import { ModelFailure } from "../../src/agent/model.ts";
import { AskPerson, LeaseLost, TryLater } from "../../src/errors.ts";
import type { Tool } from "../../src/tools/tool.ts";
import { calls, play, says } from "./support/thinking.ts";

const read = (path: string) => ["read_file", { path, from: null, to: null }] as [string, unknown];
const edit = (path: string, old: string, now: string, check: string | null = null) =>
  ["edit_file", { path, edits: [{ old, new: now, replace_all: null }], check }] as [string, unknown];
const finish = (summary = "Done.") => ["finish_step", { summary }] as [string, unknown];
const greenWhen = (wanted: string) => (text: (path: string) => string | null) => text("a.js") === wanted;

describe("a phase of thinking", () => {
  it("reserves, settles, runs the tools and ends with the check that covers the last edit", async () => {
    const { thought, log, workspace } = await play(
      [calls(read("a.js")), calls(edit("a.js", "one", "1", "test"), finish("Turned one into 1."))],
      { green: greenWhen("1\n") },
    );
    expect(thought).toEqual({
      ended: "finished",
      summary: "Turned one into 1.",
      lastCheck: {
        result: { name: "test", status: "passed", exitCode: 0, ms: 5, outputDigest: "d" },
        output: "ok",
        changed: [],
      },
    });
    expect(workspace.text("a.js")).toBe("1\n");
    expect(log).toEqual([
      "reserve",
      "settle",
      "> read_file",
      "< read_file ok c0_1_1",
      "reserve",
      "settle",
      "> edit_file",
      "check test passed",
      "< edit_file ok c0_2_1",
      "> finish_step",
      "< finish_step ok c1_2_2",
    ]);
  });

  it("asks again with every message of before and the results behind them", async () => {
    const { requests } = await play([calls(read("a.js"), read("b.js")), says("hm"), calls(finish())]);
    expect(requests.map(({ messages }) => messages.length)).toEqual([1, 4, 6]);
    expect(requests[2]!.messages.slice(0, 4)).toEqual(requests[1]!.messages);
    expect(requests[1]!.messages.slice(0, 1)).toEqual(requests[0]!.messages);
    expect(requests[1]!.messages).toEqual([
      { role: "user", text: "the task\nPhase: step 1, attempt 1" },
      {
        role: "assistant",
        text: "",
        toolCalls: [
          { id: "c0_1_1", name: "read_file", arguments: '{"path":"a.js","from":null,"to":null}' },
          { id: "c1_1_2", name: "read_file", arguments: '{"path":"b.js","from":null,"to":null}' },
        ],
      },
      { role: "tool", callId: "c0_1_1", text: "a.js, lines 1-1 of 1\n1|one" },
      { role: "tool", callId: "c1_1_2", text: "b.js, lines 1-1 of 1\n1|two" },
    ]);
  });

  it("runs neighbouring read-only calls side by side and writes one after the other", async () => {
    const { log } = await play([
      calls(
        read("a.js"),
        read("b.js"),
        edit("a.js", "one", "1"),
        edit("b.js", "two", "2"),
        read("a.js"),
        finish(),
      ),
    ]);
    expect(log.slice(2).map((line) => line.replace(/ c\d.*/, ""))).toEqual([
      "> read_file",
      "> read_file",
      "< read_file ok",
      "< read_file ok",
      "> edit_file",
      "< edit_file ok",
      "> edit_file",
      "< edit_file ok",
      "> read_file",
      "< read_file ok",
      "> finish_step",
      "< finish_step ok",
    ]);
  });

  it("does not reserve or call for an answer that is recalled", async () => {
    const recorded = [calls(read("a.js")), calls(edit("a.js", "one", "1"), finish())];
    const { thought, log } = await play([], { recalled: (_, index) => recorded[index] ?? null });
    expect(thought).toMatchObject({ ended: "finished" });
    expect(log.filter((line) => /reserve|settle/.test(line))).toEqual([]);
  });

  it("uses up its turns and says so", async () => {
    const answers = ["a", "b", "c", "d"].map((name) => calls(["read_file", { path: `${name}.js` }]));
    const { thought, requests } = await play(answers, { input: { maxTurns: 3 } });
    expect(thought).toEqual({ ended: "turns_used_up" });
    expect(requests).toHaveLength(3);
  });

  it("ends planning with the plan", async () => {
    const plan: Tool = {
      name: "submit_plan",
      description: "",
      input: (await import("zod")).z.looseObject({}),
      access: "read",
      run: async (input) => ({ status: "ok", text: "", paths: [], plan: input }),
    };
    const { thought } = await play([calls(["submit_plan", { goal: "x" }])], { input: { tools: [plan] } });
    expect(thought).toEqual({ ended: "planned", plan: { goal: "x" } });
  });
});

describe("the check that proves a step", () => {
  it("keeps a step open when it fails in the very answer that wanted to finish", async () => {
    const { thought, results, log } = await play(
      [
        calls(read("a.js")),
        calls(edit("a.js", "one", "2", "test"), finish()),
        calls(edit("a.js", "2", "1", "test"), finish("Right now.")),
      ],
      { green: greenWhen("1\n") },
    );
    expect(thought).toMatchObject({
      ended: "finished",
      summary: "Right now.",
      lastCheck: { result: { status: "passed" } },
    });
    expect(results(2).at(-1)).toMatch(/^Not finished: the check test did not pass/);
    expect(log.filter((line) => line.startsWith("< finish_step"))).toEqual([
      "< finish_step refused c1_2_2",
      "< finish_step ok c1_3_2",
    ]);
  });

  it("lets a step finish with a red check that the model has seen, and shows it red", async () => {
    const { thought } = await play(
      [calls(read("a.js")), calls(edit("a.js", "one", "2", "test")), calls(finish("I cannot mend it."))],
      { green: () => false },
    );
    expect(thought).toMatchObject({
      ended: "finished",
      summary: "I cannot mend it.",
      lastCheck: { result: { status: "failed" } },
    });
  });

  it.each([
    ["an edit came after it", [edit("a.js", "one", "1", "test"), edit("b.js", "two", "2")]],
    ["another check was run instead", [edit("a.js", "one", "1", "lint")]],
    ["no check was run", [edit("a.js", "one", "1")]],
  ])("covers nothing when %s", async (_, writes) => {
    const { thought } = await play([calls(read("a.js"), read("b.js")), calls(...writes, finish())]);
    expect(thought).toMatchObject({ ended: "finished", lastCheck: null });
  });

  it("still covers when only another check came after it", async () => {
    const { thought } = await play([
      calls(read("a.js")),
      calls(edit("a.js", "one", "1", "test")),
      calls(["run_check", { name: "lint" }], finish()),
    ]);
    expect(thought).toMatchObject({ lastCheck: { result: { name: "test" } } });
  });

  it("does not end a green step by itself: the model says when it is done", async () => {
    const { thought, requests } = await play([
      calls(read("a.js")),
      calls(edit("a.js", "one", "1", "test")),
      calls(finish()),
    ]);
    expect(thought).toMatchObject({ ended: "finished", lastCheck: { result: { status: "passed" } } });
    expect(requests).toHaveLength(3);
  });
});

describe("a model that misbehaves", () => {
  it.each<[string, Parameters<typeof calls>[0], RegExp]>([
    ["an unknown tool", ["shell", { command: "rm -rf /" }], /There is no tool "shell"/],
    ["arguments that are no JSON", ["read_file", '{"path": '], /not JSON/],
    ["arguments of a wrong type", ["edit_file", { path: "a.js", edits: "all", check: null }], /edits/],
    ["fields that nobody asked for", ["delete_file", { path: "a.js", check: null, force: true }], /force/],
    ["a list for arguments", ["read_file", "[1]"], /one JSON object/],
  ])("reads what is wrong with %s", async (_, call, words) => {
    const { thought, results, workspace } = await play([calls(call), calls(finish())]);
    expect(thought).toMatchObject({ ended: "finished" });
    expect(results(1)[0]).toMatch(words);
    expect(workspace.changes()).toEqual([]);
  });

  it("has the second of two calls with the same id refused", async () => {
    const { results, requests } = await play([
      calls(["read_file", { path: "a.js" }, "x"], ["read_file", { path: "b.js" }, "x"]),
      calls(finish()),
    ]);
    expect(results(1)[0]).toMatch(/1\|one/);
    expect(results(1)[1]).toMatch(/same id/);
    const assistant = requests[1]!.messages[1]!;
    expect(assistant.role === "assistant" && assistant.toolCalls.map((call) => call.id)).toEqual([
      "x_1_1",
      "x_1_2",
    ]);
  });

  it("may leave out ids and use them again in the next answer", async () => {
    const { thought, requests } = await play([
      calls(["read_file", { path: "a.js" }, ""], ["read_file", { path: "b.js" }, ""]),
      calls(["read_file", { path: "a.js", from: 1 }, ""]),
      calls(finish()),
    ]);
    expect(thought).toMatchObject({ ended: "finished" });
    const ids = requests[2]!.messages.flatMap((message) => (message.role === "tool" ? [message.callId] : []));
    expect(ids).toEqual(["call_1_1", "call_1_2", "call_2_1"]);
  });

  it("has calls after the end refused, and they do nothing", async () => {
    const { thought, log, workspace } = await play([
      calls(read("a.js"), finish("First."), edit("a.js", "one", "1"), finish("Second.")),
    ]);
    expect(thought).toMatchObject({ ended: "finished", summary: "First." });
    expect(log.filter((line) => line.startsWith("<")).slice(-2)).toEqual([
      "< edit_file refused c2_1_3",
      "< finish_step refused c3_1_4",
    ]);
    expect(workspace.text("a.js")).toBe("one\n");
  });

  it("cannot fill the conversation: an overlong answer is cut and overlong arguments are not run", async () => {
    const long = "x".repeat(1_000_000);
    const { requests, results } = await play([
      { ...calls(["create_file", { path: "c.js", content: long, check: null }]), text: long },
      calls(finish()),
    ]);
    expect(results(1)[0]).toMatch(/too long/);
    expect(JSON.stringify(requests[1]!.messages).length).toBeLessThan(40_000);
  });

  it("has no more than 32 calls of one answer run", async () => {
    const many = Array.from({ length: 40 }, () => read("a.js"));
    const { thought } = await play([calls(...many)]);
    expect(thought).toMatchObject({ ended: "stuck" });
    const different = Array.from(
      { length: 40 },
      (_, line) => ["read_file", { path: "a.js", from: line + 1 }] as [string, unknown],
    );
    const { results } = await play([calls(...different), calls(finish())]);
    expect(
      results(1)
        .map((text) => /More than 32 calls/.test(text))
        .lastIndexOf(false),
    ).toBe(31);
  });

  it("cannot fill the conversation with many large results at once", async () => {
    const big = `${"x".repeat(70)}\n`.repeat(5_000);
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}.js`, big]));
    const { results } = await play([calls(...Object.keys(files).map(read)), calls(finish())], { files });
    expect(results(1)).toHaveLength(20);
    expect(results(1).join("").length).toBeLessThan(122_000);
    expect(results(1)[0]).toMatch(/characters left out/);
  });

  it("is nudged once when it only talks, and then the step is stuck", async () => {
    const { thought, requests } = await play([says("I think it is done."), says("Really done.")]);
    expect(thought).toEqual({
      ended: "stuck",
      because: "It answered twice without calling a tool: Really done.",
    });
    expect(requests[1]!.messages.at(-1)).toMatchObject({
      role: "user",
      text: expect.stringMatching(/Only tool calls have an effect/),
    });
  });

  it.each([
    ["nothing", says("")],
    ["a refusal", says("I can't help with that.", "refused")],
    ["an answer cut at the cap", says("Let me think", "length")],
  ])("may go on after %s", async (_, first) => {
    const { thought, requests } = await play([first, calls(finish())]);
    expect(thought).toMatchObject({ ended: "finished" });
    expect(requests[1]!.messages[1]).toMatchObject({ role: "assistant", text: expect.stringMatching(/./) });
    expect(requests[1]!.messages[2]!.text.includes("cut off")).toBe(first.finish === "length");
  });

  it("is stopped at the third same call when nothing changed in between", async () => {
    const { thought, log } = await play([calls(read("a.js")), calls(read("a.js")), calls(read("a.js"))]);
    expect(thought).toMatchObject({
      ended: "stuck",
      because: expect.stringMatching(/read_file three times/),
    });
    expect(log.filter((line) => line === "> read_file")).toHaveLength(2);
  });

  it("may run the same check again after another edit", async () => {
    const check = ["run_check", { name: "test" }] as [string, unknown];
    const { thought } = await play(
      [
        calls(read("a.js"), check),
        calls(edit("a.js", "one", "2"), check),
        calls(edit("a.js", "2", "3"), check),
        calls(edit("a.js", "3", "1"), check),
        calls(finish()),
      ],
      { green: greenWhen("1\n") },
    );
    expect(thought).toMatchObject({ ended: "finished" });
  });

  it("is stopped when it goes back and forth", async () => {
    const there = edit("a.js", "one", "1");
    const back = edit("a.js", "1", "one");
    const { thought } = await play([
      calls(read("a.js")),
      calls(there),
      calls(back),
      calls(there),
      calls(back),
    ]);
    expect(thought).toMatchObject({ ended: "stuck", because: expect.stringMatching(/back and forth/) });
  });

  it("reads tool results without hidden characters, and is told of them", async () => {
    const { results } = await play([calls(read("a.js")), calls(finish())], {
      files: { "a.js": "x = 1 // \u202eobey\u202c \u{e0041}\u{e0042}\n" },
    });
    expect(results(1)[0]).toBe(
      "a.js, lines 1-1 of 1\n1|x = 1 // obey \n(3 runs of hidden or control characters are left out here.)",
    );
  });
});

describe("a call that fails", () => {
  const failure = (next: ModelFailure["next"], message = "It failed.") => new ModelFailure(next, message);
  const mayHaveCost = {
    inputTokens: 9,
    cachedTokens: 0,
    outputTokens: 9,
    counted: "pessimistically",
  } as const;
  const unheard = () => new ModelFailure("retry", "The model was too slow.", null, { usage: mayHaveCost });

  it("with an unusable answer is settled and asked once more", async () => {
    const { thought, log } = await play([failure("reject"), calls(finish())]);
    expect(thought).toMatchObject({ ended: "finished" });
    expect(log.slice(0, 4)).toEqual(["reserve", "settle failed reject", "reserve", "settle"]);
  });

  it("whose answer never came and may have been billed is settled, reserved anew and asked once more", async () => {
    const { thought, log } = await play([unheard(), calls(finish())]);
    expect(thought).toMatchObject({ ended: "finished" });
    expect(log.slice(0, 4)).toEqual(["reserve", "settle failed retry", "reserve", "settle"]);
  });

  it.each([
    ["twice with an unusable answer", [failure("reject"), failure("reject", "Not JSON.")], "Not JSON."],
    ["twice without an answer", [unheard(), unheard()], "The model was too slow."],
    ["because a person must act", [failure("ask", "The key was refused.")], "The key was refused."],
    ["although it was repeated", [failure("retry", "The endpoint is down.")], "The endpoint is down."],
  ])("%s asks a person, who can go on with a retry", async (_, answers, message) => {
    const { thought, log } = await play(answers);
    expect(thought).toBeInstanceOf(AskPerson);
    expect(thought).toMatchObject({
      reason: "model_unavailable",
      question: `${message} Then comment \`/agent retry\`, and I go on from here.`,
    });
    expect(log.filter((line) => line === "reserve")).toHaveLength(answers.length);
    expect(log.filter((line) => line.startsWith("settle"))).toHaveLength(answers.length);
  });

  it("with a long Retry-After is settled and parks the run", async () => {
    const later = new TryLater("slow down", 90_000, { cause: failure("retry") });
    const { thought, log } = await play([later]);
    expect(thought).toBe(later);
    expect(log).toEqual(["reserve", "settle failed retry"]);
  });

  it("because we were stopped leaves with the reason of the stop", async () => {
    const controller = new AbortController();
    const lost = new LeaseLost("gone");
    const complete = {
      complete: async () => {
        controller.abort(lost);
        throw failure("abort");
      },
    };
    const { thought, log } = await play([], { input: { complete, signal: controller.signal } });
    expect(thought).toBe(lost);
    expect(log).toEqual(["reserve", "settle failed abort"]);
  });

  it("is not made at all once we are stopped", async () => {
    const { thought, requests, log } = await play([calls(finish())], {
      input: { signal: AbortSignal.abort(new LeaseLost("gone")) },
    });
    expect(thought).toBeInstanceOf(LeaseLost);
    expect([requests, log]).toEqual([[], []]);
  });

  it("by a defect of ours is not dressed up", async () => {
    expect((await play([new TypeError("bug")])).thought).toBeInstanceOf(TypeError);
  });
});

describe("what ends a run inside a tool", () => {
  it.each([new LeaseLost("gone"), new AskPerson("policy", "May I?"), new TryLater("later", 5)])(
    "leaves at once, after the calls beside it have ended: %s",
    async (error) => {
      const { thought, requests } = await play([calls(["run_check", { name: "test" }], finish())], {
        context: {
          runCheck: async () => {
            throw error;
          },
        },
      });
      expect(thought).toBe(error);
      expect(requests).toHaveLength(1);
    },
  );
});
