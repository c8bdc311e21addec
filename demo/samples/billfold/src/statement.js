import { formatMoney } from "./money.js";
import { formatRate } from "./rate.js";

const width = 48;

/** The invoice as plain text, with its instalments when it has any. */
export function renderStatement(invoice, instalments = []) {
  const rows = [
    ...invoice.lines.map((line) => row(`${line.quantity} x ${line.description}`, line.amount)),
    rule("-"),
    row("Subtotal", invoice.subtotal),
    ...(invoice.discount ? [row(invoice.discount.label, negated(invoice.discount.amount))] : []),
    row("Net", invoice.net),
    ...invoice.taxes.map(({ rate, net, tax }) => row(`Tax ${formatRate(rate)} on ${formatMoney(net)}`, tax)),
    rule("="),
    row("Total", invoice.total),
    ...instalments.map(({ due, amount }) => row(`  due ${due}`, amount)),
  ];
  return [`Invoice ${invoice.number}`, rule("-"), ...rows, ""].join("\n");
}

function row(label, amount) {
  const figures = formatMoney(amount);
  return label.padEnd(width - figures.length) + figures;
}

function rule(character) {
  return character.repeat(width);
}

function negated(amount) {
  return { ...amount, minor: -amount.minor };
}
