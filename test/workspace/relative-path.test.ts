import { isAbsolute, normalize } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRelativePath, relativePath } from "../../src/workspace/relative-path.ts";

describe("a path", () => {
  it("has one spelling", () => {
    expect(["src/a.js", "./src/a.js", "src//a.js", "src/./a.js", "src/", " a"].map(relativePath)).toEqual([
      "src/a.js",
      "src/a.js",
      "src/a.js",
      "src/a.js",
      "src",
      " a",
    ]);
  });

  it.for([
    "",
    ".",
    "/etc/passwd",
    "//host/share",
    "../up",
    "a/../../up",
    "a/..",
    "a\\..\\b",
    "a\0b",
    "a\nb",
    ".git",
    ".git/config",
    "sub/.GIT/hooks/post-checkout",
    ".g\u200cit/config",
    ".Git ",
    ".git...",
    ".git::$INDEX_ALLOCATION/config",
    "git~1/config",
    "GIT~2",
    "\ud800",
    "a".repeat(300),
    `${"a/".repeat(600)}b`,
  ])("is refused when it may mean another place: %j", (path) => {
    expect(() => relativePath(path)).toThrow(expect.objectContaining({ name: "PathRefused" }));
  });

  it.for([".github/fixpoint.yml", ".gitignore", "git", "a.git/b", "..a/b..", "ünïcode/文.txt", "a b/c:d"])(
    "is taken when it only looks like one of those: %s",
    (path) => {
      expect(isRelativePath(path)).toBe(true);
    },
  );

  it("that is taken never leaves the root and never names .git", () => {
    const part = fc.constantFrom(
      "..",
      ".",
      "",
      "a",
      ".git",
      ".GIT ",
      "git~1",
      "b.",
      "\u200c",
      "..\u200c",
      "C:",
      "\\",
      "\0",
      ".git\u200d",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 6 })), { maxLength: 6 }), (parts) => {
        const asked = parts.join("/");
        if (!isRelativePath(asked)) return;
        expect(isAbsolute(asked)).toBe(false);
        expect(normalize(asked)).toBe(asked);
        const names = asked.split("/").map((name) =>
          name
            .normalize("NFKC")
            .replace(/\p{Cf}/gu, "")
            .toLowerCase()
            .trim(),
        );
        expect(names).not.toContain("..");
        expect(names).not.toContain(".git");
      }),
      { numRuns: 2_000, seed: 20 },
    );
  });
});
