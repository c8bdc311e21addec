const digitsByCode = { CHF: 2, EUR: 2, GBP: 2, JPY: 0, KWD: 3, SEK: 2, USD: 2 };

/** How many digits stand after the point: 2 for EUR, 0 for JPY, 3 for KWD. */
export function digitsOf(code) {
  const digits = digitsByCode[code];
  if (digits === undefined) {
    throw new RangeError(`Unknown currency "${code}"; known are ${Object.keys(digitsByCode).join(", ")}`);
  }
  return digits;
}
