import { expect, test } from "vitest";
import { z } from "zod";
import { contentsOf } from "../../src/run/contents.ts";
import { eventSchemas } from "../../src/run/events.ts";

test("an event refers to every digest in it, however deep, each once, and not to the question that is not kept", () => {
  const change = (path: string, digest: string) =>
    ({ kind: "write", path, mode: "100644", digest, bytes: 1 }) as const;
  expect(
    contentsOf({
      kind: "step.checkpointed",
      data: {
        step: 1,
        attempt: 1,
        summary: "",
        tree: "t",
        patchDigest: "patch",
        changes: [change("a", "one"), change("b", "one"), { kind: "delete", path: "c" }],
        proof: {
          name: "test",
          status: "passed",
          exitCode: 0,
          ms: 1,
          outputDigest: "output",
        },
      },
    }),
  ).toEqual(["patch", "one", "output"]);
  expect(
    contentsOf({
      kind: "model.reserved",
      data: { callId: "c", phase: "plan", model: "gpt-5", requestDigest: "asked", nanoUsd: 1 },
    }),
  ).toEqual([]);
});

test("each digest in an event names something that is put before the event is recorded, but for that of the question", () => {
  const schemas = JSON.stringify(Object.values(eventSchemas).map((schema) => z.toJSONSchema(schema)));
  const names = [...schemas.matchAll(/"(\w*digest\w*)":\{/gi)].map(([, name]) => name);
  // Whoever adds one has to put its content first: an entry without it is refused, again and again.
  expect([...new Set(names)].toSorted()).toEqual([
    "answerDigest",
    "argumentsDigest",
    "bodyDigest",
    "configDigest",
    "digest",
    "logDigest",
    "outputDigest",
    "patchDigest",
    "requestDigest",
    "resultDigest",
    "reviewDigest",
  ]);
});
