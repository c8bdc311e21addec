import { expect, test } from "vitest";
import { narrate } from "../../demo/narrate.ts";
import { phaseTimes } from "../../demo/phase-times.ts";
import { plainTable } from "../../demo/plain-table.ts";
import type { NewEvent } from "../../src/run/events.ts";
import { evolve } from "../../src/run/evolve.ts";
import type { Run } from "../../src/run/run.ts";
import { buildLog, failStep, gateRead, startStep, triaged, untilPublished } from "../support/log.ts";

/** What the terminal would show, line by line. */
function told(events: readonly NewEvent[]): string[] {
  let run: Run | null = null;
  return buildLog(events).flatMap((event) => {
    run = evolve(run, event);
    const said = narrate(event, run);
    return said ? [`${said.mark} ${said.text}`] : [];
  });
}

test("a run is told in one line for each thing that a person would want to see", () => {
  const events = [...untilPublished, gateRead("pending"), gateRead("passed")];
  expect(told(events)).toMatchInlineSnapshot(`
    [
      "▸ hubot asks for issue #7: Discounts are off by a cent",
      "✓ triaged: base 1111111111, checks test; installing dependencies, with the package registries only",
      "✓ dependencies installed (0.9 s)",
      "✓ plan: 1. Split an amount without losing a cent  2. Use it for discounts",
      "▸ step 1, attempt 1: Split an amount without losing a cent",
      "✓ step 1 has its checkpoint: tree 1111111111, $0.00 so far",
      "▸ step 2, attempt 1: Use it for discounts",
      "✓ step 2 has its checkpoint: tree 2222222222, $0.00 so far",
      "✓ draft pull request #8 at 2222222222",
      "▸ CI: test: pending on this commit.",
      "✓ CI: test: success on this commit.",
    ]
  `);
});

test("set-up that fails says how long it took and which hosts were refused", () => {
  const failed: NewEvent = {
    kind: "setup.finished",
    data: { status: "failed", ms: 12_340, outputDigest: "0".repeat(64), refusedHosts: ["evil.example"] },
  };
  const nothing: NewEvent = {
    kind: "setup.finished",
    data: { status: "nothing_to_install", ms: 0, outputDigest: "0".repeat(64), refusedHosts: [] },
  };
  expect(told([triaged, failed]).at(-1)).toBe(
    "✗ dependencies could not be installed (12.3 s; refused: evil.example)",
  );
  expect(told([triaged, nothing]).at(-1)).toBe("✓ workspace ready, nothing to install");
});

test("the time of a run is told by phase, and all of it", () => {
  const events = buildLog([...untilPublished, startStep(1, 1), failStep(1, 1)]);
  const times = phaseTimes(events);
  const whole = (events.at(-1)?.at ?? 0) - (events[0]?.at ?? 0);
  expect(times.reduce((sum, { ms }) => sum + ms, 0)).toBe(whole);
  expect(phaseTimes(buildLog(untilPublished))).toMatchInlineSnapshot(`
    [
      {
        "ms": 1000,
        "phase": "waiting for a worker",
      },
      {
        "ms": 1000,
        "phase": "triaging",
      },
      {
        "ms": 1000,
        "phase": "installing dependencies",
      },
      {
        "ms": 1000,
        "phase": "planning",
      },
      {
        "ms": 4000,
        "phase": "steps",
      },
      {
        "ms": 5000,
        "phase": "publishing",
      },
      {
        "ms": 1000,
        "phase": "CI",
      },
    ]
  `);
});

test("a table of Markdown stands in columns on a terminal", () => {
  expect(
    plainTable("**Cost:** `1`\n\n| Phase | Calls |\n|---|--:|\n| plan, attempt 1 | 2 |\n| **Total** | 12 |"),
  ).toBe("Cost: 1\n\nPhase             Calls\nplan, attempt 1       2\nTotal                12");
});
