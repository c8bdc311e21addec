import { describe, expect, it } from "vitest";
import { findPlaces } from "../../src/run/find-places.ts";

const files = new Set([
  "src/sum.js",
  "test/sum.test.js",
  "app/money.py",
  "pkg/sum.go",
  "lib/index.js",
  "a b.ts",
]);
const places = (log: string) =>
  findPlaces(log, files).map(({ path, line, message }) => [path, line, message]);

describe("places in a log", () => {
  it.each([
    [
      "tsc",
      "src/sum.js(3,5): error TS2322: not a number",
      ["src/sum.js", 3, "src/sum.js(3,5): error TS2322: not a number"],
    ],
    [
      "node --test",
      "✖ adds up\n  AssertionError: 1 !== 2\n      at TestContext.<anonymous> (file:///home/runner/work/tally/tally/test/sum.test.js:5:29)",
      ["test/sum.test.js", 5, "AssertionError: 1 !== 2"],
    ],
    [
      "pytest",
      'Traceback (most recent call last):\n  File "/home/runner/work/x/x/app/money.py", line 12, in split\nValueError: x',
      ["app/money.py", 12, "CI failed here."],
    ],
    ["go", "--- FAIL: TestSum\n    pkg/sum.go:7: want 3", ["pkg/sum.go", 7, "--- FAIL: TestSum"]],
    [
      "eslint on Windows",
      ".\\src\\sum.js:2:1: error no-var",
      ["src/sum.js", 2, ".\\src\\sum.js:2:1: error no-var"],
    ],
  ])("are found as %s writes them", (_, log, place) => {
    expect(places(log)).toEqual([place]);
  });

  it.each([
    ["code of others", "at /home/runner/work/x/x/node_modules/y/lib/index.js:9:1"],
    ["a file that is not in the repository", "src/other.js:3:5"],
    ["a part of a longer relative path", "build/src/sum.js:3:5"],
    ["a time of day", "2026-11-20T12:31:07.123Z error"],
    ["line nought", "src/sum.js:0:0 error"],
    ["Node's own code", "at node:internal/test/sum.js:3:1"],
  ])("are not found in %s", (_, log) => {
    expect(places(log)).toEqual([]);
  });

  it("are told once each, and fifty at most", () => {
    expect(places("src/sum.js:3:1 error\nsrc/sum.js:3:9 error")).toHaveLength(1);
    const many = Array.from({ length: 90 }, (_, line) => `src/sum.js:${line + 1}:1 error`).join("\n");
    expect(findPlaces(many, files)).toHaveLength(50);
  });

  it("are found in a hostile log in no time", () => {
    const started = performance.now();
    const line = `${"a.".repeat(900)} ${'File "'.repeat(300)}:`;
    findPlaces(`${"/a".repeat(50_000)}\n${`${line}\n`.repeat(200)}`, files);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
