import assert from "node:assert/strict";
import { test } from "node:test";
import { add, formatMoney, money, parseMoney, subtract, sum } from "../src/money.js";

test("amounts are read with as many digits as the currency has", () => {
  assert.deepEqual(parseMoney("12.5", "EUR"), money(1250, "EUR"));
  assert.deepEqual(parseMoney("1200", "JPY"), money(1200, "JPY"));
  assert.deepEqual(parseMoney("1.005", "KWD"), money(1005, "KWD"));
  assert.deepEqual(parseMoney("-3", "USD"), money(-300, "USD"));
});

test("text that is not an amount is refused", () => {
  for (const text of ["", "1,50", "1.234", "1.", "12 EUR"]) {
    assert.throws(() => parseMoney(text, "EUR"), /is not an amount in EUR/);
  }
  assert.throws(() => parseMoney("1", "XXX"), /Unknown currency "XXX"/);
});

test("amounts are written with their currency", () => {
  assert.equal(formatMoney(money(5, "EUR")), "0.05 EUR");
  assert.equal(formatMoney(money(-123450, "EUR")), "-1234.50 EUR");
  assert.equal(formatMoney(money(1200, "JPY")), "1200 JPY");
});

test("amounts of one currency add up, and currencies do not mix", () => {
  assert.deepEqual(add(money(1, "EUR"), money(2, "EUR")), money(3, "EUR"));
  assert.deepEqual(subtract(money(1, "EUR"), money(1, "EUR")), money(0, "EUR"));
  assert.deepEqual(sum([], "SEK"), money(0, "SEK"));
  assert.throws(() => add(money(1, "EUR"), money(2, "USD")), /Cannot mix EUR and USD/);
});

test("an amount is a whole number of minor units", () => {
  assert.throws(() => money(0.5, "EUR"), /whole number/);
});
