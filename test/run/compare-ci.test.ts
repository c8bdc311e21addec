import { describe, expect, it } from "vitest";
import type { FailedJob } from "../../src/run/ci-job.ts";
import { compareWithCi, type Here } from "../../src/run/compare-ci.ts";
import { readWorkflows } from "../../src/workspace/ecosystem/read-workflows.ts";

const here: Here = {
  machine: { platform: "linux", arch: "x64", versions: { node: "20.19.0", python: "3.12.3" } },
  commands: [{ shown: "npm run test", same: ["node --test"] }],
  env: ["NODE_OPTIONS"],
};
const testFails: FailedJob = { name: "test", workflow: "CI", failedSteps: ["Run npm test"] };

/** Workflow `CI` with one job `test` on Ubuntu that runs `npm test`, unless said otherwise; other files beside it. */
async function compare(
  job: object,
  failed: Partial<FailedJob> = {},
  more: { files?: Record<string, string>; workflow?: object; here?: Here } = {},
) {
  const file = { name: "CI", on: "push", jobs: { test: { ...plain, ...job } }, ...more.workflow };
  const files: Record<string, string> = {
    ".github/workflows/ci.yml": JSON.stringify(file),
    ...more.files,
  };
  const workflows = await readWorkflows({
    paths: Object.keys(files),
    has: (path) => path in files,
    read: async (path) => files[path] ?? null,
  });
  const found = compareWithCi([{ ...testFails, ...failed }], workflows, more.here ?? here);
  return found.map(({ job: name, what, ci, here: ours }) => [name, what, ci, ours]);
}

const runs = (run: string, more: object = {}) => ({ run, ...more });
/** an expression of a workflow */
const of = (inside: string) => `$${`{{ ${inside} }}`}`;
const plain = { "runs-on": "ubuntu-latest", steps: [runs("npm test")] };
const setsUp = (tool: string, input: object) => ({
  steps: [{ uses: `actions/setup-${tool}@v4`, with: input }, runs("npm test")],
});
const node = (version: string) => [["test", "runtime", `node ${version}`, "node 20.19.0"]];

describe("what CI does differently", () => {
  it.each<[string, object, Partial<FailedJob>, string[][]]>([
    ["nothing, when all is the same", {}, {}, []],

    ["another version of Node", setsUp("node", { "node-version": 18 }), {}, node("18")],
    ["another minor version", setsUp("node", { "node-version": "20.11" }), {}, node("20.11")],
    ["one that moves", setsUp("node", { "node-version": "lts/*" }), {}, node("lts/*")],
    ["the same version", setsUp("node", { "node-version": "20.x" }), {}, []],
    ["the same version, as a caret", setsUp("node", { "node-version": "^20.9.1" }), {}, []],
    ["a range, which may hold", setsUp("node", { "node-version": ">=18" }), {}, []],
    [
      "a runtime that nobody asked for here",
      setsUp("go", { "go-version": "1.22" }),
      {},
      [], // its version here is not known
    ],
    [
      "a version from an expression that no file tells",
      setsUp("node", { "node-version": of("inputs.node") }),
      {},
      [],
    ],
    [
      "another version of Python",
      setsUp("python", { "python-version": "3.9" }),
      {},
      [["test", "runtime", "python 3.9", "python 3.12.3"]],
    ],

    [
      "the version of this combination, from the brackets behind the name",
      {
        strategy: { matrix: { os: ["ubuntu-latest"], node: [18, 20] } },
        ...setsUp("node", { "node-version": of("matrix.node") }),
      },
      { name: "test (ubuntu-latest, 18)" },
      [["test (ubuntu-latest, 18)", "runtime", "node 18", "node 20.19.0"]],
    ],
    [
      "no version, when this combination has the same",
      {
        strategy: { matrix: { node: [18, 20] } },
        ...setsUp("node", { "node-version": of("matrix.node") }),
      },
      { name: "test (20)" },
      [],
    ],
    [
      "the version of this combination, from the job's own name",
      {
        name: `Node ${of("matrix.node")} on Linux`,
        strategy: { matrix: { include: [{ node: 18 }, { node: 20 }] } },
        ...setsUp("node", { "node-version": of("matrix.node") }),
      },
      { name: "Node 18 on Linux" },
      [["Node 18 on Linux", "runtime", "node 18", "node 20.19.0"]],
    ],
    [
      "another platform, of this combination",
      { "runs-on": of("matrix.os"), strategy: { matrix: { os: ["ubuntu-latest", "windows-latest"] } } },
      { name: "test (windows-latest)" },
      [["test (windows-latest)", "platform", "windows-latest", "linux x64"]],
    ],
    ["another platform", { "runs-on": "macos-15" }, {}, [["test", "platform", "macos-15", "linux x64"]]],
    [
      "another processor",
      { "runs-on": ["self-hosted", "linux", "ARM64"] },
      {},
      [["test", "platform", "self-hosted, linux, ARM64", "linux x64"]],
    ],
    ["a machine of one's own, which may be like ours", { "runs-on": "self-hosted" }, {}, []],
    [
      "an image",
      { container: { image: "node:20-alpine" } },
      {},
      [["test", "container", "node:20-alpine", ""]],
    ],
    [
      "services",
      { services: { postgres: {}, redis: {} } },
      {},
      [["test", "services", "postgres, redis", ""]],
    ],

    [
      "another command",
      { steps: [runs("npm test"), runs("npm run e2e")] },
      { failedSteps: ["Run npm run e2e"] },
      [["test", "command", "npm run e2e", "npm run test"]],
    ],
    [
      "a command under its own name",
      { steps: [runs("make e2e", { name: "End to end" })] },
      { failedSteps: ["End to end"] },
      [["test", "command", "make e2e", "npm run test"]],
    ],
    [
      "the lines that did not run here, of a longer script",
      { steps: [runs("npm ci\ncd .\nnpm test\nnpm run lint")] },
      { failedSteps: ["Run npm ci"] },
      [["test", "command", "npm run lint", "npm run test"]],
    ],
    [
      "no command, when the script of the check is what CI runs",
      { steps: [runs("node --test")] },
      { failedSteps: ["Run node --test"] },
      [],
    ],
    [
      "no command, when it is not known which step failed",
      { steps: [runs("make")] },
      { failedSteps: [] },
      [],
    ],

    [
      "variables, by name only",
      {
        env: { TZ: "Asia/Tokyo", CI: "1" },
        steps: [runs("npm test", { env: { NODE_OPTIONS: "", KEY: "x" } })],
      },
      {},
      [["test", "environment", "TZ, KEY", ""]],
    ],
    ["nothing, when the job is not in the files", {}, { name: "deploy" }, []],
  ])("is %s", async (_, job, failed, differences) => {
    expect(await compare(job, failed)).toEqual(differences);
  });

  it("is found in a file that holds the version, and in a workflow that is called", async () => {
    const files = { ".nvmrc": "v18\n", "go.mod": "module x\n\ngo 1.22\n" };
    expect(await compare(setsUp("node", { "node-version-file": ".nvmrc" }), {}, { files })).toEqual(
      node("18"),
    );
    const called = JSON.stringify({
      on: "workflow_call",
      jobs: { unit: { "runs-on": "windows-2025", steps: [runs("npm test")] } },
    });
    expect(
      await compare({}, { name: "all / unit" }, { files: { ".github/workflows/unit.yml": called } }),
    ).toEqual([["all / unit", "platform", "windows-2025", "linux x64"]]);
  });

  it("is only what needs no knowledge of the machine, for a log that does not tell of it", async () => {
    const job = { ...setsUp("node", { "node-version": 18 }), "runs-on": "macos-15", services: { db: {} } };
    expect(await compare(job, {}, { here: { ...here, machine: null } })).toEqual([
      ["test", "services", "db", ""],
    ]);
  });

  it("is bounded, whatever a file holds, and no name is read twice", async () => {
    const long = "x".repeat(100_000);
    const found = await compare({ container: long });
    expect(found[0]?.[2]).toHaveLength(200);
    const name = `${of("matrix.a")}a`.repeat(5_000);
    expect(await compare({ name }, { name: "a".repeat(60_000) })).toEqual([]);
    const steps = [{ uses: "actions/setup-node@v4", with: { "node-version": of("matrix.n") } }];
    expect(await compare({ steps, strategy: { matrix: { n: [of("matrix.n")] } } })).toEqual([]);
    expect(await compare({ "runs-on": { group: 7 }, strategy: of("x"), steps: "none", env: [] })).toEqual([]);
  });
});
