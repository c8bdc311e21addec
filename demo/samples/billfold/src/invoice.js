import { shareDiscount } from "./discount.js";
import { add, money, subtract, sum } from "./money.js";
import { taxByRate } from "./tax.js";

/** An invoice with all its totals. `lines` come from createLine; `discount` from percentDiscount or fixedDiscount. */
export function createInvoice({ number, currency, lines, discount = null }) {
  if (lines.length === 0) throw new RangeError(`Invoice ${number} has no lines`);
  const subtotal = sum(
    lines.map((line) => line.amount),
    currency,
  );
  const reduction = discount ? discount.of(subtotal) : money(0, currency);
  const shares = shareDiscount(reduction, lines);
  const reduced = lines.map((line, index) => ({ ...line, net: subtract(line.amount, shares[index]) }));

  const net = sum(
    reduced.map((line) => line.net),
    currency,
  );
  const taxes = taxByRate(reduced, currency);
  const tax = sum(
    taxes.map((one) => one.tax),
    currency,
  );
  return Object.freeze({
    number,
    currency,
    lines: reduced,
    subtotal,
    discount: discount ? { label: discount.label, amount: reduction } : null,
    net,
    taxes,
    tax,
    total: add(net, tax),
  });
}
