import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEdits, type Edit } from "../../src/tools/edit-ladder.ts";

const edit = (old: string, fresh: string, replaceAll = false): Edit => ({ old, new: fresh, replaceAll });
const result = (text: string, ...edits: Edit[]) => {
  const outcome = applyEdits(text, edits);
  return outcome.status === "edited" ? { text: outcome.text, rungs: outcome.rungs } : outcome;
};

describe("edits", () => {
  it("replace text that occurs exactly once", () => {
    expect(result("a\nb\nc\n", edit("b\n", "B\nBB\n"))).toEqual({
      text: "a\nB\nBB\nc\n",
      rungs: ["exactly"],
    });
  });

  it("name every place when the text occurs more than once, overlapping ones too", () => {
    expect(result("x\nfoo\nfoo\n", edit("foo", "bar"))).toEqual({
      status: "ambiguous",
      edit: 0,
      rung: "exactly",
      at: [2, 6],
    });
    expect(result("aaa", edit("aa", "b"))).toEqual({
      status: "ambiguous",
      edit: 0,
      rung: "exactly",
      at: [0, 1],
    });
  });

  it("replace all places when asked to", () => {
    expect(result("foo foo\nfoo", edit("foo", "foofoo", true))).toEqual({
      text: "foofoo foofoo\nfoofoo",
      rungs: ["exactly"],
    });
    expect(result("aaa", edit("aa", "b", true))).toEqual({ text: "ba", rungs: ["exactly"] });
  });

  it("keep CRLF when the model writes LF", () => {
    expect(result("a\r\nb\r\nc\r\n", edit("a\nb", "a\nx\nb"))).toEqual({
      text: "a\r\nx\r\nb\r\nc\r\n",
      rungs: ["line endings"],
    });
    expect(result("a\r\nb\r\n", edit("b", "b\nc"))).toEqual({ text: "a\r\nb\r\nc\r\n", rungs: ["exactly"] });
    expect(result("a\nb\n", edit("a\r\nb", "a\r\nx\r\nb"))).toEqual({
      text: "a\nx\nb\n",
      rungs: ["line endings"],
    });
  });

  it("leave each line ending of a mixed file alone", () => {
    expect(result("a\r\nb\nc\r\nd\n", edit("b\nc\nd", "b\nC\nd"))).toEqual({
      text: "a\r\nb\r\nC\r\nd\n",
      rungs: ["line endings"],
    });
    expect(result("a\r\nb\nc\r\n", edit("b", "B"))).toEqual({ text: "a\r\nB\nc\r\n", rungs: ["exactly"] });
  });

  it("ignore blanks at the end of lines, and keep those of lines that stay", () => {
    expect(
      result("keep  \nold \t\nkeep too \n", edit("keep\nold\nkeep too\n", "keep\nnew\nkeep too\n")),
    ).toEqual({
      text: "keep  \nnew\nkeep too \n",
      rungs: ["trailing blanks"],
    });
  });

  it("indent the new lines as the old ones are in the file", () => {
    const file = "class A {\n    run() {\n        return 1;\n    }\n}\n";
    expect(
      result(
        file,
        edit("run() {\n    return 1;\n}\n", "run() {\n    if (x) {\n        return 2;\n    }\n}\n"),
      ),
    ).toEqual({
      text: "class A {\n    run() {\n        if (x) {\n            return 2;\n        }\n    }\n}\n",
      rungs: ["indentation"],
    });
    expect(result("if (a)\n\tb();\n", edit("\t\tif (a)\n\t\t\tb();", "\t\tif (c)\n\t\t\tb();"))).toEqual({
      text: "if (c)\n\tb();\n",
      rungs: ["indentation"],
    });
  });

  it("do not guess when the indentation differs unevenly", () => {
    const file = "  if a:\n      b()\n";
    expect(result(file, edit("if a:\n  b()\n", "if c:\n  b()\n"))).toEqual({ status: "not_found", edit: 0 });
  });

  it("take no liberty that leads to two places", () => {
    const file = "  go();\n  on();\n    go();\n    on();\n";
    expect(result(file, edit("      go();\n      on();\n", "      stop();\n"))).toEqual({
      status: "ambiguous",
      edit: 0,
      rung: "indentation",
      at: [0, 16],
    });
  });

  it("keep a byte order mark and a missing last line ending", () => {
    expect(result("\uFEFFa\nb", edit("a", "c"))).toEqual({ text: "\uFEFFc\nb", rungs: ["exactly"] });
    expect(result("\uFEFFa\nb  ", edit("b\n", "c\n"))).toEqual({
      text: "\uFEFFa\nc",
      rungs: ["trailing blanks"],
    });
  });

  it("apply in order, or not at all", () => {
    expect(result("one two", edit("one", "two"), edit("two two", "three"))).toEqual({
      text: "three",
      rungs: ["exactly", "exactly"],
    });
    expect(result("one two", edit("one", "1"), edit("gone", "x"))).toEqual({ status: "not_found", edit: 1 });
  });

  it("refuse what changes nothing and what is empty", () => {
    expect(result("a", edit("a", "a"))).toEqual({ status: "same", edit: 0 });
    expect(result("a b", edit("a", "b"), edit("b b", "a b"))).toEqual({ status: "same", edit: 1 });
    expect(result("a", edit("", "b"))).toEqual({ status: "empty_old", edit: 0 });
    expect(result("", edit("", "b\n"))).toEqual({ text: "b\n", rungs: ["exactly"] });
  });

  it("tell where the new text stands after all of them", () => {
    const outcome = applyEdits("a\nb\nc\nd\n", [edit("c", "CCC"), edit("a", "AA"), edit("CCC\nd", "x")]);
    expect(outcome).toMatchObject({
      text: "AA\nb\nx\n",
      changed: [
        { start: 0, end: 2 },
        { start: 5, end: 6 },
      ],
    });
  });
});

describe("any edit", () => {
  // Few letters, many blanks and both endings, so that near matches and repetitions are frequent.
  const piece = fc.array(
    fc.constantFrom("a", "b", " ", "  ", "\t", "\n", "\r\n", "\r", "é", "\u{1F600}", "\uFEFF"),
    { maxLength: 30 },
  );
  const textOf = (pieces: readonly string[]) => pieces.join("");

  it("changes nothing before the first and after the last changed character", () => {
    fc.assert(
      fc.property(piece, piece, piece, piece, fc.boolean(), (before, old, fresh, after, replaceAll) => {
        const file = textOf(before) + textOf(old) + textOf(after);
        const outcome = applyEdits(file, [edit(textOf(old), textOf(fresh), replaceAll)]);
        if (outcome.status !== "edited") return;
        const first = outcome.changed[0]?.start ?? 0;
        const last = outcome.changed[outcome.changed.length - 1]?.end ?? 0;
        const tail = outcome.text.length - last;
        expect(outcome.text.slice(0, first)).toBe(file.slice(0, first));
        expect(outcome.text.slice(last)).toBe(tail === 0 ? "" : file.slice(-tail));
      }),
      { numRuns: 2_000, seed: 20 },
    );
  });

  it("finds text that is there once, exactly where it is", () => {
    fc.assert(
      fc.property(piece, piece, piece, (before, old, after) => {
        const [head, middle, tail] = [textOf(before), textOf(old), textOf(after)];
        const file = head + middle + tail;
        fc.pre(middle !== "" && file.indexOf(middle) === file.lastIndexOf(middle));
        const outcome = applyEdits(file, [edit(middle, "#")]);
        expect(outcome).toMatchObject({ status: "edited", text: `${head}#${tail}`, rungs: ["exactly"] });
      }),
      { numRuns: 1_000, seed: 20 },
    );
  });

  it("keeps the lines around it, whatever blanks and indentation the model got wrong", () => {
    const word = fc.constantFrom("alpha", "beta", "gamma", "delta");
    const line = fc
      .tuple(fc.constantFrom("", "  ", "    ", "\t"), word, fc.constantFrom("", " ", "\t "))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.array(line, { minLength: 1, maxLength: 3 }),
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.constantFrom("", "  ", "\t"),
        fc.constantFrom("\n", "\r\n"),
        (before, target, after, shift, ending) => {
          const file = [...before, "first", ...target, "last", ...after, ""].join(ending);
          const old = ["first", ...target, "last", ""]
            .map((each) => (each === "" ? "" : shift + each.trimEnd()))
            .join("\n");
          const outcome = applyEdits(file, [edit(old, `${shift}first\n${shift}new\n${shift}last\n`)]);
          expect(outcome).toMatchObject({
            status: "edited",
            text: [...before, "first", "new", "last", ...after, ""].join(ending),
          });
        },
      ),
      { numRuns: 500, seed: 20 },
    );
  });
});
