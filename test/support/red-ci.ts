import { job, workflow } from "./repository.ts";
import { call } from "./script.ts";

/** A check that only CI has: the changelog must speak of the sum. */
export const onlyInCi = {
  "tools/changelog.js":
    'import { readFileSync } from "node:fs";\nif (!readFileSync("CHANGELOG.md", "utf8").includes("sum")) {\n  console.error("Error: CHANGELOG.md does not speak of the sum");\n  process.exit(1);\n}\n',
  ".github/workflows/ci.yml": workflow("push", { test: job("node test.js", "node tools/changelog.js") }),
};

/** What a repair does about it. */
export const mendsTheChangelog = [
  [call.read("CHANGELOG.md")],
  [
    call.edit("CHANGELOG.md", "# Changes", "# Changes\n\n- The sum is positive.", "test"),
    call.finish("The changelog speaks of it, as CI wants."),
  ],
];
