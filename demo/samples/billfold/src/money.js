import { digitsOf } from "./currency.js";

/** An amount: `minor` is a whole number of the currency's smallest unit. */
export function money(minor, currency) {
  digitsOf(currency);
  if (!Number.isSafeInteger(minor)) throw new TypeError(`An amount must be a whole number of minor units, not ${minor}`);
  // Never -0: it would make equal amounts look different.
  return Object.freeze({ minor: minor === 0 ? 0 : minor, currency });
}

/** Reads "12.50" or "-3". Refuses more digits than the currency has, because rounding here would hide a mistake. */
export function parseMoney(text, currency) {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  const digits = digitsOf(currency);
  const fraction = match?.[3] ?? "";
  if (!match || fraction.length > digits) {
    throw new RangeError(`"${text}" is not an amount in ${currency}`);
  }
  const minor = Number(match[2] + fraction.padEnd(digits, "0"));
  return money(match[1] ? -minor : minor, currency);
}

export function add(one, other) {
  return money(one.minor + sameCurrency(one, other).minor, one.currency);
}

export function subtract(one, other) {
  return money(one.minor - sameCurrency(one, other).minor, one.currency);
}

export function sum(amounts, currency) {
  return amounts.reduce(add, money(0, currency));
}

export function isZero(amount) {
  return amount.minor === 0;
}

/** "1234.50 EUR" */
export function formatMoney({ minor, currency }) {
  const digits = digitsOf(currency);
  const figures = String(Math.abs(minor)).padStart(digits + 1, "0");
  const whole = figures.slice(0, figures.length - digits);
  const fraction = digits === 0 ? "" : `.${figures.slice(-digits)}`;
  return `${minor < 0 ? "-" : ""}${whole}${fraction} ${currency}`;
}

function sameCurrency(one, other) {
  if (one.currency !== other.currency) {
    throw new TypeError(`Cannot mix ${one.currency} and ${other.currency}`);
  }
  return other;
}
