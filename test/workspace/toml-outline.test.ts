import fc from "fast-check";
import { expect, it } from "vitest";
import { outlineToml } from "../../src/workspace/ecosystem/toml-outline.ts";

it("an outline tells tables and keys apart from what stands in lists and text", () => {
  const outline = outlineToml(`
title = "x [not.a.table]"
[project] # comment
name = 'x'
deps = [
  "a>=1", # [no]
  "b[extra]",
]
"quoted-key" = 1
[tool.pytest.ini_options]
[[tool.many]]
key = { inline = 1 }
[ "dotted" . name ]
`);
  expect(outline.keysOf("project")).toEqual(["name", "deps", "quoted-key"]);
  expect(outline.keysOf("tool.many")).toEqual(["key"]);
  expect(outline.hasTable("not.a.table")).toBe(false);
  expect(outline.hasTable("no")).toBe(false);
  expect(outline.hasTableBelow("tool.pytest")).toBe(true);
  expect(outline.hasTableBelow("tool.py")).toBe(false);
  expect(outline.hasTable("dotted.name")).toBe(true);
  expect(outline.keysOf("gone")).toEqual([]);
});

it("an outline of anything at all is made without an error, and soon", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => void outlineToml(text)),
    {
      numRuns: 500,
      seed: 20,
    },
  );
  outlineToml(`${"[".repeat(100_000)}\n${'"'.repeat(100_001)}\n[${" ".repeat(100_000)}`);
});
