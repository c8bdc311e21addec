import { expect, test } from "vitest";
import { contentsOf } from "../../src/run/contents.ts";

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
