import assert from "node:assert/strict";
import { test } from "node:test";
import { money } from "../src/money.js";
import { applyRate, formatRate, parseRate } from "../src/rate.js";

test("percentages are read and written", () => {
  assert.equal(parseRate("5.5"), 550);
  assert.equal(parseRate("0"), 0);
  assert.equal(formatRate(550), "5.5 %");
});

test("a percentage lies between 0 and 100", () => {
  for (const text of ["-1", "101", "1.234", "ten"]) assert.throws(() => parseRate(text), RangeError);
});

test("a rate of an amount is rounded to the smallest unit", () => {
  assert.deepEqual(applyRate(550, money(1999, "EUR")), money(110, "EUR"));
});
