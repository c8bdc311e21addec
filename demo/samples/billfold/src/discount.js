import { formatMoney, isZero, money, sum } from "./money.js";
import { applyRate, formatRate, parseRate } from "./rate.js";
import { scale } from "./rounding.js";

/** "10" takes 10 % off the whole invoice. */
export function percentDiscount(percent) {
  const rate = parseRate(percent);
  return { label: `Discount ${formatRate(rate)}`, of: (subtotal) => applyRate(rate, subtotal) };
}

/** Takes a fixed amount off the whole invoice, but never more than the invoice is worth. */
export function fixedDiscount(amount) {
  return {
    label: `Discount ${formatMoney(amount)}`,
    of: (subtotal) => (amount.minor > subtotal.minor ? subtotal : amount),
  };
}

/** What each line gets of the discount, in proportion to its amount, so that each tax rate is charged on the right sum. */
export function shareDiscount(discount, lines) {
  const { currency } = discount;
  const subtotal = sum(
    lines.map((line) => line.amount),
    currency,
  );
  if (isZero(subtotal)) return lines.map(() => money(0, currency));
  return lines.map((line) => money(scale(discount.minor, line.amount.minor, subtotal.minor), currency));
}
