import assert from "node:assert/strict";
import { test } from "node:test";
import { money } from "../src/money.js";
import { taxByRate } from "../src/tax.js";

const eur = (minor) => money(minor, "EUR");

test("tax is rounded once for each rate, lowest rate first", () => {
  const lines = [
    { taxRate: 2000, net: eur(333) },
    { taxRate: 550, net: eur(100) },
    { taxRate: 2000, net: eur(334) },
  ];
  assert.deepEqual(taxByRate(lines, "EUR"), [
    { rate: 550, net: eur(100), tax: eur(6) },
    { rate: 2000, net: eur(667), tax: eur(133) },
  ]);
});
