import { money } from "./money.js";
import { scale } from "./rounding.js";

/** A percentage as whole hundredths of a percent: "5.5" is 550. */
export function parseRate(text) {
  const match = /^(\d{1,3})(?:\.(\d{1,2}))?$/.exec(text);
  const rate = match ? Number(match[1] + (match[2] ?? "").padEnd(2, "0")) : Number.NaN;
  if (!(rate <= 10_000)) throw new RangeError(`"${text}" is not a percentage between 0 and 100`);
  return rate;
}

/** The share of an amount that a rate makes up. */
export function applyRate(rate, amount) {
  return money(scale(amount.minor, rate, 10_000), amount.currency);
}

/** "5.5 %" */
export function formatRate(rate) {
  return `${rate / 100} %`;
}
