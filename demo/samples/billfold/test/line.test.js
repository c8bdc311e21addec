import assert from "node:assert/strict";
import { test } from "node:test";
import { createLine } from "../src/line.js";
import { money } from "../src/money.js";

const line = (changes) =>
  createLine({ description: "Tea", quantity: 3, unitPrice: money(250, "GBP"), taxRate: "20", ...changes });

test("a line is worth its quantity times its price", () => {
  assert.deepEqual(line({}).amount, money(750, "GBP"));
  assert.deepEqual(line({ quantity: -1 }).amount, money(-250, "GBP"));
});

test("a line needs a description and a quantity", () => {
  assert.throws(() => line({ description: "" }), TypeError);
  assert.throws(() => line({ quantity: 0 }), RangeError);
  assert.throws(() => line({ quantity: 1.5 }), RangeError);
});
