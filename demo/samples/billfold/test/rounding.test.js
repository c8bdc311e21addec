import assert from "node:assert/strict";
import { test } from "node:test";
import { scale } from "../src/rounding.js";

test("a half is rounded away from zero", () => {
  assert.equal(scale(5, 1, 2), 3);
  assert.equal(scale(-5, 1, 2), -3);
  assert.equal(scale(5, 1, -2), -3);
});

test("less than a half is rounded towards zero", () => {
  assert.equal(scale(10, 1, 3), 3);
  assert.equal(scale(-10, 1, 3), -3);
});

test("large amounts keep all their digits", () => {
  assert.equal(scale(9_007_199_254_740_991, 10_000, 10_000), 9_007_199_254_740_991);
});

test("nothing can be divided by zero", () => {
  assert.throws(() => scale(1, 1, 0), RangeError);
});
