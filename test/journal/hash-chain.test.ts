import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { beginning, canonicalJson, chainEvent, hashOf, verifyChain } from "../../src/journal/hash-chain.ts";
import type { RunEvent } from "../../src/run/events.ts";
import { stepStarted } from "./sample-run.ts";

function chainOf(steps: readonly number[]): RunEvent[] {
  const events: RunEvent[] = [];
  for (const step of steps)
    events.push(chainEvent(events.at(-1) ?? beginning, 1_000 + step, stepStarted(step)));
  return events;
}

const steps = fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 12 });

describe("canonicalJson", () => {
  test("spells a value the same whatever the order of its keys", () => {
    expect(canonicalJson({ b: [1, { d: null, c: "é" }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"é","d":null}]}',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const backwards = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(backwards)).toBe(canonicalJson(value));
      }),
    );
  });

  test("reads back as the value that it spells, and spells that the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.stringify(JSON.parse(text))).toHaveLength(text.length);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  test("gives different values different texts", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        // Node's own comparison, with the two zeros taken for one, as JSON does
        const zeros = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        let equal = true;
        try {
          expect(zeros(a)).toStrictEqual(zeros(b));
        } catch {
          equal = false;
        }
        expect(same).toBe(equal);
      }),
    );
  });

  test("leaves out what is undefined and refuses what JSON cannot say", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1, [undefined]]) {
      expect(() => canonicalJson(value)).toThrow(TypeError);
    }
  });
});

describe("verifyChain", () => {
  test("accepts every chain that chainEvent made, whole or from any entry on", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (numbers, cut) => {
        const events = chainOf(numbers);
        const at = cut % events.length;
        expect(verifyChain(events)).toBeNull();
        expect(verifyChain(events.slice(at + 1), events[at])).toBeNull();
      }),
    );
  });

  test("names the entry whose content was changed", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (numbers, where) => {
        const events = chainOf(numbers);
        const at = where % events.length;
        const forged = events.map((event, index) => (index === at ? { ...event, at: event.at + 1 } : event));
        expect(verifyChain(forged)).toEqual({ seq: at + 1, problem: "its content does not match its hash." });
      }),
    );
  });

  test("names the entry after one that was changed and hashed anew", () => {
    const events = chainOf([1, 2, 3]);
    const changed = { ...events[1]!, at: 5 };
    const forged = [events[0]!, { ...changed, hash: hashOf(changed) }, events[2]!];
    expect(verifyChain(forged)).toEqual({ seq: 3, problem: "it does not build on entry 2." });
  });

  test("names the gap where an entry was taken out, doubled or moved", () => {
    const [one, two, three] = chainOf([1, 2, 3]) as [RunEvent, RunEvent, RunEvent];
    const gap = (seq: number, found: number) => ({
      seq,
      problem: `entry ${seq} is missing; entry ${found} stands in its place.`,
    });
    expect(verifyChain([one, three])).toEqual(gap(2, 3));
    expect(verifyChain([one, two, two])).toEqual(gap(3, 2));
    expect(verifyChain([one, three, two])).toEqual(gap(2, 3));
    expect(verifyChain([two, three])).toEqual(gap(1, 2));
  });
});
