import { describe, expect, it } from "vitest";
import { fence, neutralise, quoteLine, shorten } from "../../src/report/quote.ts";

/** The zero-width space made visible. */
const shown = (text: string) => text.replaceAll("\u200b", "·");

describe("neutralise", () => {
  it.each([
    ["a mention", "ask @alice and _@org/team_", "ask @·alice and _@·org/team_"],
    ["a closing keyword", "Fixes #12, closes acme/shop#3", "Fixes #·12, closes acme/shop#·3"],
    [
      "a closing keyword with a URL",
      "Resolves: https://github.com/a/b/issues/1",
      "Resolves·: https://github.com/a/b/issues/1",
    ],
    ["a reference by GH-", "GH-12", "GH-·12"],
    [
      "an image",
      "![x](https://evil.example/a.png) ![y][ref]",
      "!·[x](https://evil.example/a.png) !·[y][ref]",
    ],
    ["HTML", "<img src=x> </details> <script>", "<·img src=x> <·/details> <·script>"],
    ["a comment that could be a marker", "<!-- fixpoint:v1 run=x -->", "<·!-- fixpoint:v1 run=x -->"],
    ["an entity that would become a mention", "&#64;alice", "&·#·64;alice"],
    ["a fence that would swallow the rest", "a\n```js\ncode\n  ~~~", "a\n`·``js\ncode\n  ~·~~"],
    [
      "colours, controls and bidirectional overrides",
      "\u001b[31mred\u001b[0m\u0000\u202eevil\r\nx",
      "redevil\nx",
    ],
  ])("breaks %s", (_title, text, clean) => {
    expect(shown(neutralise(text))).toBe(clean);
  });

  it("leaves prose and code as they read", () => {
    const text = "Adds up in cents: `a < b`, `x && y`, 50 % # heading, mail at example.";
    expect(neutralise(text)).toBe(text);
  });
});

describe("quoteLine", () => {
  it("is one line that breaks no table and is cut where it is too long", () => {
    expect(shown(quoteLine("a\n| b |\t@c"))).toBe("a \\| b \\| @·c");
    expect(quoteLine("x".repeat(300), 10)).toBe("xxxxxxxxx…");
  });
});

describe("fence", () => {
  it("cannot be closed by what stands in it", () => {
    expect(fence("a\n````\n@b\n", "text")).toBe("`````text\na\n````\n@b\n`````");
  });
});

describe("shorten", () => {
  it("never cuts a character in two", () => {
    expect(shorten("abc😀def", 5)).toBe("abc…");
    expect(shorten("abc", 3)).toBe("abc");
  });
});
