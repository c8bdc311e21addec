import fc from "fast-check";
import { expect, it } from "vitest";
import { cleanOutput } from "../../src/workspace/clean-output.ts";

it("output loses colours, cursor movements, titles, links and hidden characters", () => {
  expect(
    cleanOutput(
      "\u001b[1;31mred\u001b[0m \u001b]0;title\u0007x\u001b]8;;https://e.org\u001b\\link\u001b]8;;\u001b\\ a\u202eb\u200bc\u0000\n\u001b(Bend",
    ),
  ).toBe("red xlink abc\nend");
});

it("of a progress line only the last state stays", () => {
  expect(cleanOutput("10%\r50%\r100%\r\ndone\r\n")).toBe("100%\ndone\n");
});

it("long output keeps its head and, more of it, its tail", () => {
  const cleaned = cleanOutput(`first\n${"x".repeat(50_000)}\nlast`);
  expect(cleaned.length).toBeLessThan(12_100);
  expect(cleaned).toMatch(/^first\n.*\n\[… 38011 characters left out …\]\n.*\nlast$/s);
});

it("whatever is printed, no control character gets through", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 200 }), (output) => {
      expect(cleanOutput(`\u001b[${output}\u009b`)).not.toMatch(/(?![\n\t])[\p{Cc}]/u);
    }),
    { numRuns: 1_000, seed: 20 },
  );
});
