import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedDiscount, percentDiscount, shareDiscount } from "../src/discount.js";
import { money } from "../src/money.js";

const eur = (minor) => money(minor, "EUR");
const lines = (...minors) => minors.map((minor) => ({ amount: eur(minor) }));

test("a discount in percent follows the subtotal", () => {
  assert.deepEqual(percentDiscount("10").of(eur(1234)), eur(123));
});

test("a fixed discount is never more than the subtotal", () => {
  assert.deepEqual(fixedDiscount(eur(500)).of(eur(800)), eur(500));
  assert.deepEqual(fixedDiscount(eur(500)).of(eur(300)), eur(300));
});

test("each line gets its share in proportion to its amount", () => {
  assert.deepEqual(shareDiscount(eur(300), lines(1000, 2000)), [eur(100), eur(200)]);
});

test("goods that are taken back give their share back", () => {
  assert.deepEqual(shareDiscount(eur(100), lines(1500, -500)), [eur(150), eur(-50)]);
});

test("free samples alone have no discount to share", () => {
  assert.deepEqual(shareDiscount(eur(0), lines(0, 0)), [eur(0), eur(0)]);
});
