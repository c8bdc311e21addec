export { fixedDiscount, percentDiscount } from "./discount.js";
export { planInstalments } from "./instalments.js";
export { createInvoice } from "./invoice.js";
export { createLine } from "./line.js";
export { add, formatMoney, money, parseMoney, subtract, sum } from "./money.js";
export { renderStatement } from "./statement.js";
