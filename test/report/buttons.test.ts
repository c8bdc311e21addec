import { expect, it } from "vitest";
import { buttonsOf } from "../../src/report/buttons.ts";
import { statuses } from "../../src/run/status.ts";

it("offers Retry where a run waits for an answer or has stopped, and Stop as long as there is something to stop", () => {
  const offered = statuses.map((status) => [
    status,
    buttonsOf({ status })
      .map((button) => button.label)
      .join(" "),
  ]);
  expect(Object.fromEntries(offered)).toEqual({
    queued: "Stop",
    triaging: "Stop",
    planning: "Stop",
    executing: "Stop",
    repairing: "Stop",
    revising: "Stop",
    updating: "Stop",
    publishing: "Stop",
    awaiting_ci: "Stop",
    awaiting_merge: "Stop",
    awaiting_person: "Retry Stop",
    merged: "",
    closed: "",
    nothing_to_do: "",
    stopped: "Retry",
    failed: "Retry",
  });
});

it("keeps to the sizes that GitHub allows", () => {
  for (const button of statuses.flatMap((status) => buttonsOf({ status }))) {
    expect(button.label.length).toBeLessThanOrEqual(20);
    expect(button.description.length).toBeLessThanOrEqual(40);
    expect(button.identifier.length).toBeLessThanOrEqual(20);
  }
});
