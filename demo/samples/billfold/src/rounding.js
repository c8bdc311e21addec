/**
 * value × numerator ÷ denominator, as a whole number, rounded half away from zero.
 * Goes through BigInt, so that large amounts do not lose digits on the way.
 */
export function scale(value, numerator, denominator) {
  if (denominator === 0) throw new RangeError("Cannot scale by a fraction with a denominator of 0");
  const product = BigInt(value) * BigInt(numerator);
  const negative = product < 0n !== denominator < 0;
  const divisor = absolute(BigInt(denominator));
  const rounded = (absolute(product) * 2n + divisor) / (divisor * 2n);
  return Number(negative ? -rounded : rounded);
}

function absolute(value) {
  return value < 0n ? -value : value;
}
