import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { script as large } from "../../demo/large/story.ts";
import { loadScript, type Script } from "../../demo/model/script.ts";
import { planProblems, planSchema } from "../../src/run/plan.ts";
import { planningTools, stepTools } from "../../src/tools/index.ts";
import type { Tool } from "../../src/tools/tool.ts";

const names = (await readdir("demo/scripts")).filter((name) => name.endsWith(".json"));
const scripts: { name: string; script: Script }[] = [
  { name: "the large repository's", script: large },
  ...(await Promise.all(
    names.map(async (name) => ({ name, script: await loadScript(`demo/scripts/${name}`) })),
  )),
];

const toolOf = (tools: readonly Tool[], name: string) => tools.find((tool) => tool.name === name);

describe.for(scripts)("$name script", ({ script }) => {
  const phases = Object.entries(script.phases);

  it("calls tools of the product, with arguments that they take", () => {
    const mistakes = phases.flatMap(([phase, answers]) => {
      const tools = phase.startsWith("plan") ? planningTools : stepTools;
      return answers
        .flatMap((answer) => answer.toolCalls ?? [])
        .filter((call) => toolOf(tools, call.name)?.input.safeParse(call.arguments).success !== true)
        .map((call) => `${phase}: ${call.name}`);
    });
    expect(mistakes).toEqual([]);
  });

  it("ends planning with a sound plan, and has a phase for each of its steps", () => {
    const last = script.phases["plan, attempt 1"]?.at(-1)?.toolCalls?.at(-1);
    expect(last?.name).toBe("submit_plan");
    const plan = planSchema.parse(last?.arguments);
    const rules = { checkNames: ["test"], maxSteps: 7, refusedPath: () => null };
    expect(planProblems(plan, rules)).toEqual([]);
    const steps = new Set(phases.flatMap(([phase]) => /^step \d+/.exec(phase) ?? []));
    expect([...steps]).toEqual(plan.steps.map((_, index) => `step ${index + 1}`));
  });

  it("ends every attempt with finish_step", () => {
    const ends = phases.filter(([phase]) => phase.startsWith("step")).map(([, answers]) => answers.at(-1));
    expect(ends.map((answer) => answer?.toolCalls?.at(-1)?.name)).toEqual(ends.map(() => "finish_step"));
  });
});
