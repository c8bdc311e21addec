import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mapRepository } from "../../src/agent/context.ts";
import { fileTree } from "../../src/agent/file-tree.ts";
import { findClues } from "../../src/agent/issue-clues.ts";
import { openFiles } from "../../src/agent/open-files.ts";
import { outline } from "../../src/agent/outline.ts";
import { searchFiles } from "../../src/tools/ripgrep.ts";
import { memoryWorkspace } from "./support/memory-workspace.ts";

const files: Record<string, string> = {
  "README.md": "applyDiscount takes percent\n",
  "src/cart.js":
    "import { applyDiscount } from './discount.js';\nexport function total(lines) {\n  return applyDiscount(0);\n}\n",
  "src/discount.js":
    "export function applyDiscount(price, percent) {\n  return price;\n}\n\nconst round = (x) => x;\n",
  "test/cart.test.js": "total([]);\n",
  "secret/keys.js": "applyDiscount everywhere\n",
  ...Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [`src/generated/m${String(n).padStart(2, "0")}.js`, "total\n"]),
  ),
};

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), "context-"));
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
});
afterAll(() => rm(root, { recursive: true }));

const surroundings = {
  workspace: memoryWorkspace(files),
  mayRead: (file: string) => !file.startsWith("secret/"),
};
const search = async (pattern: string, among: readonly string[]) =>
  (
    await searchFiles({
      root,
      files: among,
      pattern,
      flags: ["--fixed-strings"],
      signal: new AbortController().signal,
    })
  ).hits;

describe("the map of a repository", () => {
  it("holds the tree, and the files that the issue points at with their lines and outlines", async () => {
    const issue = {
      title: "Wrong total",
      body: "`applyDiscount()` ignores percent:\n```\nTypeError: x\n    at total (/app/src/cart.js:3:10)\n```",
    };
    expect(await mapRepository({ ...surroundings, issue, search })).toMatchInlineSnapshot(`
      "Files (64):
      README.md
      src/cart.js
      src/discount.js
      src/generated/ (60 files)
      test/cart.test.js

      src/cart.js (4 lines)
      holds words of the issue:
      1|import { applyDiscount } from './discount.js';
      3|return applyDiscount(0);
      declares:
      2|export function total(lines) {

      src/discount.js (5 lines)
      holds words of the issue:
      1|export function applyDiscount(price, percent) {
      declares:
      5|const round = (x) => x;

      README.md (1 lines)
      holds words of the issue:
      1|applyDiscount takes percent"
    `);
  });

  it("names nothing that is private", async () => {
    const issue = { title: "see secret/keys.js:1", body: "applyDiscount" };
    expect(await mapRepository({ ...surroundings, issue, search })).not.toContain("secret");
  });

  it("stays small in a repository of ten thousand files whose issue names them all", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [`lib/a${n % 90}/b${n % 7}/file${n}.js`, "x\n".repeat(50)]),
    );
    const workspace = memoryWorkspace(many);
    const issue = { title: "All", body: Object.keys(many).slice(0, 500).join(" ") };
    const map = await mapRepository({
      workspace,
      mayRead: () => true,
      issue,
      search: async (literal, among) => among.map((file) => ({ path: file, line: 1, text: literal })),
    });
    expect(map.length).toBeLessThanOrEqual(9_000);
    expect(map).toContain("Files (10000):");
  });
});

describe("clues", () => {
  it("are the paths, frames, names and messages of an issue, the most telling first", () => {
    const text = [
      "Calling `parseRange(x)` throws RangeError in src/http/range.ts:42:7 and in `lib\\win\\path.js`.",
      '  File "tools/gen.py", line 12, in main',
      'It says "cannot read header", see MAX_HEADER_SIZE and parse_range and HttpHeader.',
    ].join("\n");
    expect(findClues(text)).toEqual({
      paths: [
        { path: "src/http/range.ts", line: 42 },
        { path: "lib/win/path.js", line: null },
        { path: "tools/gen.py", line: 12 },
      ],
      words: expect.arrayContaining([
        "parseRange",
        "cannot read header",
        "MAX_HEADER_SIZE",
        "parse_range",
        "HttpHeader",
        "RangeError",
      ]),
    });
    expect(findClues(text).words[0]).toBe("parseRange");
  });

  it("are none in plain prose", () => {
    expect(findClues("It does not work. Please fix it!")).toEqual({ paths: [], words: [] });
  });

  it("are found in linear time in text made to be slow", () => {
    for (const piece of ["a", "A", "a.", "a_", "aA", "`", '"', "/", "a(", "."]) {
      const start = performance.now();
      findClues(piece.repeat(100_000));
      expect(performance.now() - start, piece).toBeLessThan(1_500);
    }
  });
});

describe("an outline", () => {
  it("holds the declarations of the languages of the day", () => {
    const text = [
      "export async function one(a) {",
      "  return 1",
      "class Two:",
      "    def three(self):",
      "func (s *S) Four() {",
      "pub(crate) fn five() {}",
      "const six = (a) => a;",
      "module.exports = six;",
      "const notOne = 7;",
      "  if (function) {}",
    ].join("\n");
    expect(outline(text, 20).map((line) => Number(line.split("|")[0]))).toEqual([1, 3, 4, 5, 6, 7, 8]);
  });
});

describe("a file tree", () => {
  it("goes as deep as the lines allow", () => {
    const paths = ["a.js", "x/b.js", "x/y/c.js", "x/y/z/d.js", "x/y/z/e.js"];
    expect(fileTree(paths, 10)).toEqual(["a.js", "x/b.js", "x/y/c.js", "x/y/z/ (2 files)"]);
    expect(fileTree(paths, 3)).toEqual(["a.js", "x/b.js", "x/y/ (3 files)"]);
    expect(fileTree(paths, 2)).toEqual(["a.js", "x/ (4 files)"]);
    expect(fileTree(["a", "b", "c"], 2)).toEqual(["a", "b", "… and 1 more entries"]);
  });
});

describe("opened files", () => {
  const workspace = memoryWorkspace({
    "a.js": "one\r\ntwo\n",
    "empty.js": "",
    "odd.js": "x\u202ey\n",
    "binary.bin": "a\u0000b",
    "long.js": "word\n".repeat(10_000),
    "secret.js": "key\n",
    ...Object.fromEntries([1, 2, 3, 4].map((n) => [`big${n}.js`, `${"x".repeat(60)}\n`.repeat(300)])),
  });
  const mayRead = (file: string) => file !== "secret.js";

  it("are shown with line numbers and count as read when they are whole", async () => {
    const opened = await openFiles({ workspace, mayRead }, [
      "a.js",
      "empty.js",
      "odd.js",
      "binary.bin",
      "long.js",
      "none.js",
      "secret.js",
    ]);
    expect(opened).toEqual([
      { path: "a.js", text: "1|one\n2|two", digest: (await workspace.read("a.js"))!.digest },
      { path: "empty.js", text: "(it is empty)", digest: (await workspace.read("empty.js"))!.digest },
      { path: "odd.js", text: "1|x\u202ey", digest: null },
      { path: "binary.bin", text: "(it is not text)", digest: null },
      { path: "long.js", text: "(too long to stand here, 10000 lines; read what you need)", digest: null },
      { path: "none.js", text: "(this file does not exist yet)", digest: null },
    ]);
  });

  it("fit together into one message", async () => {
    const opened = await openFiles({ workspace, mayRead }, ["big1.js", "big2.js", "big3.js", "big4.js"]);
    expect(opened.map((file) => file.digest !== null)).toEqual([true, true, true, false]);
  });
});
