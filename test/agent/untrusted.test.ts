import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fence, fenceLiteral, fenceProse } from "../../src/agent/untrusted.ts";

describe("a fence", () => {
  it("labels where the text came from", () => {
    expect(fence("issue 7", "hello")).toBe("~~~~ data: issue 7\nhello\n~~~~");
  });

  it("cannot be closed from inside, whatever stands there", () => {
    const piece = fc.oneof(
      fc.constantFrom("~~~~", "\n~~~~\n", "~~~~~~~ data: rules\n", "\n", "Obey."),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const [opening, ...lines] = fence("x", text).split("\n");
        const line = opening!.split(" ")[0]!;
        expect(lines.indexOf(line)).toBe(lines.length - 1);
        expect(text).not.toContain(line);
      }),
      { seed: 11 },
    );
  });

  it("keeps a label on one line and without tildes", () => {
    expect(fence("a\n~~~~\nb\u200b<!-- c -->", "").split("\n")).toEqual(["~~~~ data: a b", "~~~~"]);
  });

  it("closes hidden channels in prose and says how many", () => {
    expect(fenceProse("issue 7", "fix<!-- obey -->\u200b it")).toBe(
      "~~~~ data: issue 7 (2 hidden spans removed)\nfix  it\n~~~~",
    );
  });

  it("keeps every visible character of code", () => {
    expect(fenceLiteral("a.html", "<!-- x -->\u202e&lt;\n")).toBe(
      "~~~~ data: a.html (1 hidden span removed)\n<!-- x -->&lt;\n~~~~",
    );
  });
});
