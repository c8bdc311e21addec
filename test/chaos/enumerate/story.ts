import type { Limits } from "../../../src/run/request.ts";
import type { Command } from "../ports/memory-sandbox.ts";
import type { Script } from "../ports/scripted-model.ts";

/** The words of the issue name no file and no identifier, so nothing is searched for on a disk. */
export const issue = {
  title: "The total comes out wrong",
  body: "When two numbers are put in, their difference comes out instead of the total. The label says nothing about it either.",
};

const sum = "export function sum(a, b) {\n  return a - b;\n}\n";
const labelText = "export function label(total) {\n  return String(total);\n}\n";

export const files = {
  "README.md": "# Tally\n\nAdds numbers and names them.\n",
  "package.json": `${JSON.stringify(
    {
      name: "tally",
      version: "1.0.0",
      type: "module",
      scripts: { test: "node --test", lint: "node lint.js", build: "node build.js" },
      devDependencies: { adder: "1.0.0" },
    },
    null,
    2,
  )}\n`,
  "package-lock.json": '{ "name": "tally", "lockfileVersion": 3 }\n',
  "src/label.js": labelText,
  "src/sum.js": sum,
};

/** Red on the base: `test` until the sum is right, `lint` until the label has its word. Green from the beginning: `build`. */
export const commands: Readonly<Record<string, Command>> = {
  "npm test": async (read) =>
    (await read("src/sum.js"))?.includes("a + b")
      ? null
      : "not ok 1 - sum(1, 2) is 3\n  Error: expected 3, got -1",
  "npm run lint": async (read) =>
    (await read("src/label.js"))?.includes("Total:")
      ? null
      : "src/label.js: error: a label begins with a word",
  "npm run build": async (read) => ((await read("src/sum.js")) ? null : "error: src/sum.js is missing"),
  'npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm"': async () =>
    null,
  // Which version it is is told to people and changes nothing.
  'echo "node: $( (node --version) 2>/dev/null )"': async () => null,
};

const edit = (path: string, from: string, to: string, check: string | null) =>
  ["edit_file", { path, edits: [{ old: from, new: to, replace_all: null }], check }] as const;
const finish = (summary: string) => ["finish_step", { summary }] as const;

/** Two steps; the first one fails once, because its first edit is wrong. */
export const script: Script = {
  "plan, attempt 1": [
    [
      ["list_files", { path: null }],
      ["read_file", { path: "src/sum.js", from: null, to: null }],
    ],
    [
      [
        "submit_plan",
        {
          goal: "The sum adds, and the label says so.",
          steps: [
            {
              title: "Add instead of subtracting",
              goal: "sum(1, 2) is 3.",
              files: ["src/sum.js"],
              check: "test",
            },
            {
              title: "Name the total in the label",
              goal: "The label begins with a word.",
              files: ["src/label.js"],
              check: "lint",
            },
          ],
        },
      ],
    ],
  ],
  "step 1, attempt 1": [
    [edit("src/sum.js", "a - b", "b - a", null)],
    [finish("The operands stood the wrong way round.")],
  ],
  "step 1, attempt 2": [
    [edit("src/sum.js", "a - b", "a + b", "test")],
    [finish("sum adds its operands now.")],
  ],
  "step 2, attempt 1": [
    [
      edit("src/label.js", "String(total)", "'Total: ' + total", "lint"),
      [
        "create_file",
        { path: "docs/label.md", content: "# Labels\n\nA label names its total.\n", check: null },
      ],
    ],
    [finish("The label names the total, and a page says so.")],
  ],
};

export const limits: Limits = {
  nanoUsd: 2_000_000_000,
  steps: 7,
  turnsPerStep: 24,
  attemptsPerStep: 3,
  repairs: 2,
  revisions: 5,
  outputTokensPerCall: 8_000,
  filesTouched: 30,
  diffLines: 1_500,
};

export const gate = { neverReportedAfterMs: 30 * 60_000, settleMs: 20_000, pollMs: 60_000 };
export const model = "gpt-5";
export const label = "agent-fix";

/** What the App is subscribed to, as `app.yml` says. */
export const events = [
  "check_run",
  "check_suite",
  "issue_comment",
  "issues",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "repository",
  "status",
  "workflow_run",
];
