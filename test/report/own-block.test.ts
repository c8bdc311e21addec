import { expect, it } from "vitest";
import { ownBlock, withinText } from "../../src/report/own-block.ts";

const first = `Fixes #7.\n\n${ownBlock("CI has not answered.")}\n\n---\n\n- [ ] tested`;
const later = `Fixes #7.\n\n${ownBlock("CI passed.")}\n\n---\n\n- [ ] tested`;

it("brings our block up to date and leaves everything around it as people have made it", () => {
  const edited = first.replace("Fixes #7.", "Part of #7.\r\n").replace("[ ] tested", "[x] tested by me");
  expect(withinText(edited, later)).toBe(edited.replace("CI has not answered.", "CI passed."));
  expect(withinText(first, later)).toBe(later);
});

it("leaves a text alone whose block was taken out, or half of it", () => {
  for (const text of ["", "My own words.", first.replace("<!-- fixpoint:end -->", "")]) {
    expect(withinText(text, later)).toBe(text);
  }
});

it("takes a text without a block as ours", () => {
  expect(withinText("Old words.", "New words.")).toBe("New words.");
});
