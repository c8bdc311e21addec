import { type Files, job, workflow } from "./repository.ts";
import { call, type StepScript, type Turn, writeScript } from "./script.ts";

const sum = (operator: string) => `export function sum(numbers) {
  return numbers.reduce((total, each) => total ${operator} each, 0);
}
`;

const proof = (expected: number) => `import assert from "node:assert/strict";
import { test } from "node:test";
import { sum } from "../src/sum.js";

test("adds up", () => assert.equal(sum([1, 2]), ${expected}));
`;

export function packageJson(scripts: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ name: "tally", private: true, type: "module", scripts }, null, 2)}\n`;
}

/** One process and no npm: `npm test` with `node --test` in it costs four times as much, and a story checks a lot. */
const runsTests = `import { readdirSync } from "node:fs";

for (const file of readdirSync("test")) await import(\`./test/\${file}\`);
`;

/** The smallest repository with a bug: it subtracts where it should add, and its one test does not notice. */
export const tally: Files = {
  "package.json": packageJson({ test: "node test.js" }),
  ".github/fixpoint.yml": "version: 1\nchecks:\n  test: node test.js\n",
  "test.js": runsTests,
  "src/sum.js": sum("-"),
  "test/sum.test.js": proof(-3),
  "CHANGELOG.md": "# Changes\n",
  ".github/workflows/ci.yml": workflow("push", { test: job("node test.js") }),
};

export const tallyIssue = {
  title: "The sum of numbers is negative",
  body: "`sum([1, 2])` gives -3, and I expect 3.",
};

/** Turns that mend the bug: both edits and the end in one answer. */
export const mendsTheSum: readonly Turn[] = [
  [
    call.edit("src/sum.js", "total - each", "total + each"),
    call.edit("test/sum.test.js", "-3", "3", "test"),
    call.finish("Numbers are added, and the test expects it."),
  ],
];

export const mendStep: StepScript = {
  title: "Add instead of subtracting",
  files: ["src/sum.js", "test/sum.test.js"],
  attempts: [mendsTheSum],
};

export const tellStep: StepScript = {
  title: "Tell users",
  files: ["CHANGELOG.md"],
  attempts: [
    [
      [
        call.edit("CHANGELOG.md", "# Changes", "# Changes\n\n- Sums are positive.", "test"),
        call.finish("The changelog says so."),
      ],
    ],
  ],
};

/** One step that mends it. */
export const mendTally = writeScript({ steps: [mendStep] });

/** Two steps: mend it, and tell users. */
export const mendAndTell = writeScript({ steps: [mendStep, tellStep] });
