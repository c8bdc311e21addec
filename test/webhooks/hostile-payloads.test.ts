import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { commandSchema } from "../../src/commands/command.ts";
import { examples, type Payload } from "./payload-examples.ts";
import { deliver, openDoor } from "./running-door.ts";

let door: Awaited<ReturnType<typeof openDoor>>;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door.stop());

/** Every path to a value inside a payload. */
function pathsOf(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...at]];
  return [[...at], ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as Payload) }) as Payload;
  if (rest.length === 0 && by === undefined) delete copy[key];
  else copy[key] = replaced((value as Payload)[key], rest, by);
  return copy;
}

const nasty = fc.oneof(
  fc.constant(undefined),
  fc.constantFrom<unknown>(null, "", "agent-fix", "/agent stop", "agent/issue-1", 0, -1, 1e300, [], {}, true),
  fc.constantFrom<unknown>(
    { toString: 5, valueOf: 5 },
    JSON.parse('{"__proto__":{"action":"labeled"}}'),
    "\ud800",
    "\u0000",
  ),
  fc.string({ unit: "binary", maxLength: 50 }),
  fc.jsonValue({ maxDepth: 3 }),
);

/** One of GitHub's examples with up to four of its values lost or replaced; some under the name of another event. */
const mutated = fc.constantFrom(...examples).chain(({ event, payload }) =>
  fc.record({
    event: fc.oneof(
      { weight: 4, arbitrary: fc.constant(event) },
      { weight: 1, arbitrary: fc.constantFrom("issues", "issue_comment", "status", "installation") },
    ),
    payload: fc
      .array(fc.record({ path: fc.constantFrom(...pathsOf(payload)), by: nasty }), { maxLength: 4 })
      .map((changes) =>
        changes.reduce<unknown>(
          (sofar, { path, by }) => (leadsSomewhere(sofar, path) ? replaced(sofar, path, by) : sofar),
          payload,
        ),
      ),
  }),
);

function leadsSomewhere(value: unknown, path: readonly string[]): boolean {
  let here = value;
  for (const key of path.slice(0, -1))
    here = typeof here === "object" && here !== null ? (here as Payload)[key] : null;
  return path.length === 0 || (typeof here === "object" && here !== null);
}

it("gets GitHub's own 329 examples answered with 202", async () => {
  expect(examples).toHaveLength(329);
  for (const { event, payload } of examples) {
    const { status } = await deliver(door.hook, { event, body: JSON.stringify(payload) });
    expect({ event, action: payload["action"], status }).toEqual({
      event,
      action: payload["action"],
      status: 202,
    });
  }
});

it("gets any mutation of them answered with 2xx or 4xx, and enqueues only what is a command", async () => {
  await fc.assert(
    fc.asyncProperty(mutated, async ({ event, payload }) => {
      const { status } = await deliver(door.hook, { event, body: String(JSON.stringify(payload)) });
      expect([202, 400]).toContain(status);
    }),
    { seed: 20_261_120, numRuns: 1_500 },
  );
  for (const command of door.commands) expect(commandSchema.parse(command)).toEqual(command);
  expect((await fetch(`${door.url}/healthz`)).status).toBe(200);
});
