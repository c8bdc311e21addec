import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadScript } from "../../demo/model/script.ts";
import { attemptsOf, rehearse, touchedFiles } from "../../demo/rehearse.ts";
import { failingTests } from "./node-tests.ts";

const run = promisify(execFile);
const sample = "demo/samples/billfold";
const script = await loadScript("demo/scripts/billfold.json");
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fixpoint-sample-"));
  await cp(sample, directory, { recursive: true, filter: (path) => !path.includes("node_modules") });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const lint = () => run("npm", ["run", "--silent", "lint"], { cwd: directory });

const planCalls = (script.phases["plan, attempt 1"] ?? []).flatMap((answer) => answer.toolCalls ?? []);
const plan = planCalls.find((call) => call.name === "submit_plan")?.arguments as {
  steps: { files: string[]; check: string }[];
};

describe("the sample", () => {
  it("installs without a network and is green before the fix", async () => {
    await run("npm", ["ci", "--offline"], { cwd: directory });
    await lint();
    expect(await failingTests(directory)).toEqual([]);
  });

  it("has the bug that the issue tells of", async () => {
    const issue = await readFile(`${sample}.issue.md`, "utf8");
    const program = `
      import { createInvoice, createLine, fixedDiscount, parseMoney, planInstalments, renderStatement } from "${directory}/src/index.js";
      ${/```js\n([\s\S]*?)```/.exec(issue)![1]}
      console.log(planInstalments(parseMoney("100", "EUR"), { count: 3, firstDue: "2024-01-01" }).map((one) => one.amount.minor));`;
    const { stdout } = await run("node", ["--input-type=module", "-e", program]);
    const shown = /What I got:\n\n```\n([\s\S]*?)```/.exec(issue)![1]!;
    expect(stdout).toContain(shown);
    expect(stdout).toContain("[ 3333, 3333, 3333 ]");
  });
});

describe("the sample's script", () => {
  it("is red exactly where the story says so, and green at the end of every step", async () => {
    const results: Record<string, string[]> = {};
    for (const { phase, last } of attemptsOf(script)) {
      const tree = last ? directory : `${directory}-attempt`;
      if (!last) await cp(directory, tree, { recursive: true });
      await rehearse(script, phase, tree);
      results[phase] = await failingTests(tree);
      if (!last) await rm(tree, { recursive: true });
    }
    expect(results).toEqual({
      "step 1, attempt 1": [],
      "step 2, attempt 1": ["free samples alone have no discount to share"],
      "step 2, attempt 2": [],
      "step 3, attempt 1": [],
    });
    await lint();
  });

  it("brings regression tests that fail on the old source", async () => {
    for (const { phase, last } of attemptsOf(script)) if (last) await rehearse(script, phase, directory);
    for (const file of ["discount.js", "instalments.js"]) {
      await cp(`${sample}/src/${file}`, join(directory, "src", file));
    }
    expect(await failingTests(directory)).toEqual([
      "the shares of a discount add up to it",
      "instalments add up to the total, and odd cents are paid first",
      "the net is the subtotal less the discount, to the cent",
    ]);
  });

  it("touches only the files that its plan names, and checks with a script that the sample has", async () => {
    const { scripts } = JSON.parse(await readFile(`${sample}/package.json`, "utf8"));
    for (const { phase, step } of attemptsOf(script)) {
      expect(new Set(touchedFiles(script, phase))).toEqual(new Set(plan.steps[step - 1]!.files));
    }
    expect(plan.steps.map((one) => one.check in scripts)).toEqual([true, true, true]);
  });
});
