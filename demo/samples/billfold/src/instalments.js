import { money } from "./money.js";
import { scale } from "./rounding.js";

/**
 * Splits a total into monthly payments of (nearly) the same size. `firstDue` is a day such as "2024-01-31"; a month that
 * is too short is due on its last day.
 */
export function planInstalments(total, { count, firstDue }) {
  if (!Number.isSafeInteger(count) || count < 1) throw new RangeError("There must be at least one instalment");
  const amount = money(scale(total.minor, 1, count), total.currency);
  return Array.from({ length: count }, (_, index) => ({ due: addMonths(firstDue, index), amount }));
}

function addMonths(day, months) {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) throw new RangeError(`"${day}" is not a day such as 2024-01-31`);
  const [year, month, date] = match.slice(1).map(Number);
  const lastDate = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  const due = new Date(Date.UTC(year, month - 1 + months, Math.min(date, lastDate)));
  return due.toISOString().slice(0, 10);
}
