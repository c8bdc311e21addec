import assert from "node:assert/strict";
import { test } from "node:test";
import { percentDiscount } from "../src/discount.js";
import { createInvoice } from "../src/invoice.js";
import { createLine } from "../src/line.js";
import { money } from "../src/money.js";

const eur = (minor) => money(minor, "EUR");
const lines = [
  createLine({ description: "Workshop", quantity: 2, unitPrice: eur(45000), taxRate: "20" }),
  createLine({ description: "Handbook", quantity: 12, unitPrice: eur(1950), taxRate: "5.5" }),
];

test("an invoice adds up its lines and taxes", () => {
  const invoice = createInvoice({ number: "1", currency: "EUR", lines });
  assert.deepEqual(invoice.subtotal, eur(113400));
  assert.deepEqual(invoice.net, eur(113400));
  assert.deepEqual(invoice.tax, eur(18000 + 1287));
  assert.deepEqual(invoice.total, eur(132687));
  assert.equal(invoice.discount, null);
});

test("a discount lowers what is taxed at each rate", () => {
  const invoice = createInvoice({ number: "1", currency: "EUR", lines, discount: percentDiscount("10") });
  assert.deepEqual(invoice.discount, { label: "Discount 10 %", amount: eur(11340) });
  assert.deepEqual(invoice.taxes, [
    { rate: 550, net: eur(21060), tax: eur(1158) },
    { rate: 2000, net: eur(81000), tax: eur(16200) },
  ]);
  assert.deepEqual(invoice.total, eur(119418));
});

test("an invoice has at least one line", () => {
  assert.throws(() => createInvoice({ number: "1", currency: "EUR", lines: [] }), /Invoice 1 has no lines/);
});
