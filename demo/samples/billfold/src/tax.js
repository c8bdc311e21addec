import { add, money } from "./money.js";
import { applyRate } from "./rate.js";

/** Tax for each rate that occurs, lowest rate first. Rounded once a rate, as tax offices want it. */
export function taxByRate(lines, currency) {
  const nets = new Map();
  for (const { taxRate, net } of lines) {
    nets.set(taxRate, add(nets.get(taxRate) ?? money(0, currency), net));
  }
  return [...nets]
    .sort(([one], [other]) => one - other)
    .map(([rate, net]) => ({ rate, net, tax: applyRate(rate, net) }));
}
