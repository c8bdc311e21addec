import assert from "node:assert/strict";
import { test } from "node:test";
import { planInstalments } from "../src/instalments.js";
import { money } from "../src/money.js";

const eur = (minor) => money(minor, "EUR");

test("a total is split into equal monthly payments", () => {
  assert.deepEqual(planInstalments(eur(90000), { count: 3, firstDue: "2024-03-15" }), [
    { due: "2024-03-15", amount: eur(30000) },
    { due: "2024-04-15", amount: eur(30000) },
    { due: "2024-05-15", amount: eur(30000) },
  ]);
});

test("a month that is too short is due on its last day", () => {
  const days = planInstalments(eur(400), { count: 4, firstDue: "2023-11-30" }).map(({ due }) => due);
  assert.deepEqual(days, ["2023-11-30", "2023-12-30", "2024-01-30", "2024-02-29"]);
});

test("there is at least one instalment, on a real day", () => {
  assert.throws(() => planInstalments(eur(100), { count: 0, firstDue: "2024-01-01" }), RangeError);
  assert.throws(() => planInstalments(eur(100), { count: 2, firstDue: "soon" }), /is not a day/);
});
