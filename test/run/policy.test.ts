import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decidePath, matchesGlob } from "../../src/run/policy.ts";

const none = { deny: [], ask: [], private: [] };

describe("the policy over paths", () => {
  it.each([
    ["src/index.js", "allow"],
    [".github/workflows/ci.yml", "deny"],
    [".github/actions/setup/action.yml", "deny"],
    [".github/fixpoint.yml", "deny"],
    [".git/config", "deny"],
    ["vendor/.GIT/hooks/pre-commit", "deny"],
    ["package-lock.json", "ask"],
    ["packages/a/yarn.lock", "ask"],
    [".github/CODEOWNERS", "ask"],
    ["AGENTS.md", "ask"],
    ["db/migrate/20260101_add.rb", "ask"],
    ["docs/migrations-guide.md", "allow"],
  ] as const)("for writing %s says %s", (path, verdict) => {
    expect(decidePath("write", path, none).verdict).toBe(verdict);
  });

  it("lets everything be read but Git's own directory and what the repository keeps private", () => {
    const rules = { ...none, private: ["secrets/**"] };
    const verdicts = ["package-lock.json", ".github/workflows/ci.yml", ".git/HEAD", "secrets/a/b.txt"].map(
      (path) => decidePath("read", path, rules).verdict,
    );
    expect(verdicts).toEqual(["allow", "allow", "deny", "deny"]);
  });

  it("lets a repository narrow, and the stricter rule wins", () => {
    const rules = { deny: ["*.lock", "generated/"], ask: ["generated/api.ts", "src/auth/**"], private: [] };
    expect(decidePath("write", "generated/api.ts", rules)).toEqual({
      verdict: "deny",
      rule: "paths.deny",
      reason: "The repository's own rules forbid changing it.",
    });
    expect(decidePath("write", "src/auth/login.ts", rules).verdict).toBe("ask");
  });
});

describe("a glob", () => {
  it.each([
    ["src/a.ts", "src/*.ts", true],
    ["src/b/a.ts", "src/*.ts", false],
    ["src/b/a.ts", "src/**/*.ts", true],
    ["src/a.ts", "src/**/*.ts", true],
    ["src/b/c/a.ts", "**/a.ts", true],
    ["a.ts", "**/a.ts", true],
    ["docs/x/y", "docs/", true],
    ["docs", "docs/", true],
    ["a.test.ts", "*.test.*", true],
    ["abc", "a*b*c*d", false],
    ["x/src", "src", false],
  ])("%s against %s: %s", (path, glob, expected) => {
    expect(matchesGlob(path, glob)).toBe(expected);
  });

  it("agrees with a plain regular expression", () => {
    const piece = fc.constantFrom("a", "b", "ab", "*", "a*", "*b", "**");
    const part = fc.constantFrom("a", "b", "ab", "aab", "ba");
    const toPattern = (glob: string) => {
      const parts = glob.split("/").map((each) => (each === "**" ? "**" : each.replaceAll("*", "[^/]*")));
      let source = "^";
      parts.forEach((each, index) => {
        const last = index === parts.length - 1;
        if (each === "**") source += last ? "(?:[^/]+(?:/[^/]+)*)" : "(?:[^/]+/)*";
        else source += each + (last ? "" : "/");
      });
      return new RegExp(`${source}$`);
    };
    const noTrailing = fc
      .array(piece, { minLength: 1, maxLength: 4 })
      .filter((parts) => parts.at(-1) !== "**");
    fc.assert(
      fc.property(noTrailing, fc.array(part, { minLength: 1, maxLength: 5 }), (glob, path) => {
        expect(matchesGlob(path.join("/"), glob.join("/"))).toBe(
          toPattern(glob.join("/")).test(path.join("/")),
        );
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});
