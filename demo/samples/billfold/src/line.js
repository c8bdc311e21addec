import { money } from "./money.js";
import { parseRate } from "./rate.js";

/** One line of an invoice. A negative quantity takes goods back. */
export function createLine({ description, quantity, unitPrice, taxRate }) {
  if (!description) throw new TypeError("A line needs a description");
  if (!Number.isSafeInteger(quantity) || quantity === 0) {
    throw new RangeError(`The quantity of "${description}" must be a whole number other than 0`);
  }
  return Object.freeze({
    description,
    quantity,
    unitPrice,
    taxRate: parseRate(taxRate),
    amount: money(quantity * unitPrice.minor, unitPrice.currency),
  });
}
