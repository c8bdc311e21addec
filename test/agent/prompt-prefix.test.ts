import { describe, expect, it } from "vitest";
import { parseScript } from "../../demo/model/script.ts";
import { createScriptedModel } from "../../demo/model/server.ts";
import { createOpenAiModel } from "../../src/agent/openai-model.ts";
import { createPatientModel } from "../../src/agent/patient-model.ts";
import { type StepFacts, stepOpening, stepSystemPrompt } from "../../src/agent/prompts.ts";
import { play } from "./support/thinking.ts";

const script = parseScript(
  JSON.stringify({
    version: 1,
    model: "scripted-1",
    phases: {
      "step 1, attempt 1": [
        {
          text: "First I look.",
          toolCalls: [
            { name: "read_file", arguments: { path: "a.js", from: null, to: null } },
            { name: "nothing_like_it", arguments: "{" },
          ],
        },
        { text: "I think aloud, é 日本 🦀." },
        {
          toolCalls: [
            {
              name: "edit_file",
              arguments: {
                path: "a.js",
                edits: [{ old: "one", new: "2", replace_all: null }],
                check: "test",
              },
            },
            { name: "finish_step", arguments: { summary: "x" } },
          ],
        },
        {
          toolCalls: [
            {
              name: "edit_file",
              arguments: { path: "a.js", edits: [{ old: "2", new: "1", replace_all: null }], check: "test" },
            },
            { name: "finish_step", arguments: { summary: "One is 1." } },
          ],
        },
      ],
    },
  }),
);

const facts = (owner: string, body: string): StepFacts => ({
  repository: {
    owner,
    name: `${owner}-code`,
    instructions: `conventions of ${owner}`,
    checks: [{ name: "test", command: "npm test", purpose: "proves" }],
  },
  issue: { number: owner.length, title: body.slice(0, 5), author: owner, body },
  plan: { goal: body, steps: [{ title: "One" }] },
  finished: [],
  step: { number: 1, title: "One", goal: body, files: ["a.js"], check: "test" },
  files: [],
  review: null,
  clashes: null,
  failure: null,
  differs: null,
});

/** A whole step over HTTP: the true SDK, the true tools, a scripted model. Gives the bytes of each request. */
async function lead(api: "chat" | "responses", about: StepFacts) {
  const server = await createScriptedModel({ script });
  try {
    const model = createOpenAiModel({ apiKey: "any", baseUrl: server.url, api, timeoutMs: 10_000 });
    const complete = createPatientModel({
      model,
      sleep: () => Promise.reject(new Error("no wait")),
      random: () => 0,
    });
    const played = await play([], {
      green: (text) => text("a.js") === "1\n",
      input: {
        complete,
        system: stepSystemPrompt,
        opening: stepOpening({ ...about, phase: "step 1, attempt 1" }),
      },
    });
    expect(played.thought).toMatchObject({
      ended: "finished",
      summary: "One is 1.",
      lastCheck: { result: { status: "passed" } },
    });
    return server.requests.map((request) => request.raw);
  } finally {
    await server.stop();
  }
}

describe.each(["chat", "responses"] as const)("over %s", (api) => {
  it("each request of a step begins with the bytes of the one before", async () => {
    const requests = await lead(api, facts("ada", "Sums are wrong."));
    expect(requests).toHaveLength(4);
    for (const [index, raw] of requests.slice(1).entries()) {
      const before = requests[index]!;
      expect(before.endsWith("]}")).toBe(true);
      expect(raw.startsWith(`${before.slice(0, -2)},`)).toBe(true);
    }
  });

  it("rules and tools are the same bytes for two repositories and two issues, and nothing comes before them", async () => {
    const [one] = await lead(api, facts("ada", "Sums are wrong."));
    const [other] = await lead(api, facts("grace", "Dates: 2026-11-20 is not parsed."));
    const opening = one!.indexOf('"role":"user"');
    expect(opening).toBeGreaterThan(4_500);
    expect(other!.slice(0, opening)).toBe(one!.slice(0, opening));
    expect(one!.slice(0, opening)).not.toMatch(/ada|Sums|step 1|20\d\d-/);
    expect(other!).not.toBe(one);
  });
});
