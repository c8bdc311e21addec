import assert from "node:assert/strict";
import { test } from "node:test";
import { createInvoice, createLine, money, percentDiscount, planInstalments, renderStatement } from "../src/index.js";

test("a statement shows lines, discount, taxes, total and instalments", () => {
  const invoice = createInvoice({
    number: "2024-017",
    currency: "EUR",
    discount: percentDiscount("10"),
    lines: [
      createLine({ description: "Workshop", quantity: 2, unitPrice: money(45000, "EUR"), taxRate: "20" }),
      createLine({ description: "Handbook", quantity: 12, unitPrice: money(1950, "EUR"), taxRate: "5.5" }),
    ],
  });
  const instalments = planInstalments(invoice.total, { count: 2, firstDue: "2024-01-31" });
  assert.equal(
    renderStatement(invoice, instalments),
    `Invoice 2024-017
------------------------------------------------
2 x Workshop                          900.00 EUR
12 x Handbook                         234.00 EUR
------------------------------------------------
Subtotal                             1134.00 EUR
Discount 10 %                        -113.40 EUR
Net                                  1020.60 EUR
Tax 5.5 % on 210.60 EUR                11.58 EUR
Tax 20 % on 810.00 EUR                162.00 EUR
================================================
Total                                1194.18 EUR
  due 2024-01-31                      597.09 EUR
  due 2024-02-29                      597.09 EUR
`,
  );
});
