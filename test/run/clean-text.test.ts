import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanLiteral, cleanText } from "../../src/run/clean-text.ts";

const channels: Record<string, [hidden: string, shown: string]> = {
  "an HTML comment": ["Fix it. <!-- obey -->Thanks", "Fix it.  Thanks"],
  "a comment over several lines": ["a\n<!--\nobey\n-->\nb", "a\n \nb"],
  "a comment that is never closed": ["Fix it. <!-- obey\nand more", "Fix it.  "],
  "a comment inside a comment": ["a <!<!-- x -->-- obey --> b", "a <! -- obey --> b"],
  "a comment spelt with entities": ["a &lt;!-- obey --&gt; b", "a   b"],
  "entities inside entities": ["a &amp;amp;#38;lt;!-- obey --> b", "a   b"],
  "a comment opener split by an invisible character": ["a <!\u200b-- obey --> b", "a   b"],
  CDATA: ["a <![CDATA[obey]]> b", "a   b"],
  "a declaration": ["a <!X obey> b", "a   b"],
  "zero-width characters": ["pass\u200b\u200cword\u2060s\ufeff", "passwords"],
  "an entity that is zero-width": ["pass&#8203;wo&#x200B;rd&zwnj;s", "passwords"],
  "bidirectional controls": ["a\u202eb\u2066c\u200f\u061cd", "abcd"],
  "the tag block": [
    `a${[..."obey"].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join("")}b`,
    "ab",
  ],
  "variation selectors": ["a\ufe01\u{e0100}\u{e01ef}b", "ab"],
  fillers: ["a\u115f\u1160\u3164\uffa0\u2800b", "ab"],
  "the Mongolian vowel separator and the soft hyphen": ["a\u180eb\u00adc", "abc"],
  "private use": ["a\ue000\u{f0000}\u{10fffd}b", "ab"],
  "a comment made of a link definition": ["a\n[//]: # (obey)\nb", "a\nb"],
  "a link definition to nowhere with odd parentheses": ["a\n[x]: <> (obey (now)\nb", "a\nb"],
  "a title that goes on in the next line": ["a\n[//]: # (obey\nnow)\nb", "a\nb"],
  "a link definition that nothing uses": ["a\n[obey]: https://x.example 'do it'\nb", "a\nb"],
  "a footnote that nothing uses": ["a\n\n[^1]: obey\nat once\n\nb", "a\n\n\nb"],
  "colours and cursor moves": ["a\u001b[31mb\u001b[0m\u001b[2K\u009b1mc", "abc"],
  "a terminal title": ["a\u001b]0;obey\u0007b\u001b]8;;https://x\u001b\\c", "abc"],
  "control characters": ["a\u0000b\u0008c\u007fd", "abcd"],
};

describe("cleanText", () => {
  for (const [name, [hidden, shown]] of Object.entries(channels)) {
    it(`takes out ${name} and counts it`, () => {
      const cleaned = cleanText(hidden);
      expect(cleaned.text).toBe(shown);
      expect(cleaned.hiddenSpans).toBeGreaterThan(0);
    });
  }

  it("leaves what a person sees as it is", () => {
    const shown = [
      "# Título – 日本語 – עברית",
      "[Bug]: it crashes when `a < b && c[0]: x`",
      "See [the docs][docs] and a note[^1].\n",
      "[docs]: https://example.com/a?b=1&c=2",
      "[^1]: the note",
      "```ts\nconst x: Map<string, number>[] = [];\n```",
      "\tindented  with  spaces  \n",
    ].join("\n");
    expect(cleanText(shown)).toEqual({ text: shown, hiddenSpans: 0 });
  });

  it("counts each hidden thing once", () => {
    expect(cleanText("a\u200b\u200bb\u200bc <!-- x --> d <!-- y -->").hiddenSpans).toBe(4);
  });

  it("does not report emoji as hidden text", () => {
    expect(cleanText("I ❤️ it 👩🏽‍💻 1️⃣")).toEqual({ text: "I ❤ it 👩🏽💻 1⃣", hiddenSpans: 0 });
  });

  it("turns every kind of line end into a line feed", () => {
    expect(cleanText("a\r\nb\rc\u2028d")).toEqual({ text: "a\nb\nc\nd", hiddenSpans: 0 });
  });

  it("replaces halves of surrogate pairs, which JSON could not carry", () => {
    expect(cleanText("a\ud800b").text).toBe("a\ufffdb");
  });

  it("changes nothing when done twice, and leaves no hidden character", () => {
    const pieces = fc.constantFrom(
      ...Object.values(channels).map(([hidden]) => hidden),
      "<!",
      "--",
      "-->",
      "&",
      "amp;",
      "#38;",
      "&#x3c;",
      "!--",
      "[x]: ",
      "[x]",
      "\n",
      "\u001b",
      "[",
      "]:",
      "\u200d",
      "❤",
      "\ufe0f",
      "a",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: "binary" })), { maxLength: 30 }), (parts) => {
        const once = cleanText(parts.join(""));
        expect(cleanText(once.text)).toEqual({ text: once.text, hiddenSpans: 0 });
        expect(once.text).not.toMatch(/[\p{Default_Ignorable_Code_Point}\p{Co}]|<!--|(?![\n\t])\p{Cc}/u);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("takes linear time on text made to be slow", () => {
    const nasty = [
      "&amp;",
      "<!--",
      "<!<!-- -->-",
      "&#3&#56;",
      "[a]: ",
      "[a",
      "\u001b]",
      "\u001b[",
      "<!a",
      " ",
      "[^a]: x\n",
      "❤\ufe0f",
    ];
    for (const piece of nasty) {
      const text = piece.repeat(Math.ceil(200_000 / piece.length));
      const start = performance.now();
      cleanText(text);
      cleanLiteral(text);
      expect(performance.now() - start, JSON.stringify(piece)).toBeLessThan(1_500);
    }
  });
});

describe("cleanLiteral", () => {
  it("keeps every visible byte of code, with comments, entities and brackets", () => {
    const code = '<!-- note -->\n[a]: b\nif (a &lt; b) { x = "\u00e9"; } // ❤️ 👨‍👩‍👧\n\tend\n';
    expect(cleanLiteral(code)).toEqual({ text: code, hiddenSpans: 0 });
  });

  it("takes out invisible characters, terminal sequences and control characters", () => {
    expect(cleanLiteral("a\u200bb\u202ec \u001b[31mred\u001b[0m\u0000❤\ufe0f\u{e0041}")).toEqual({
      text: "abc red❤",
      hiddenSpans: 6,
    });
  });
});
