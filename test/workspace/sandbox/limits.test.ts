import { expect, test } from "vitest";
import { limitBehindFailure, limitedCommand } from "../../../src/workspace/sandbox/limits.ts";
import { defaultLimits } from "../../../src/workspace/sandbox/sandbox.ts";
import { command, newWorkspace, openSandbox } from "./open-sandbox.ts";

test("a test may open thousands of files at once, as Node does with the modules of a large repository", async () => {
  const sandbox = await openSandbox();
  const script = `
    const { open } = require("node:fs/promises");
    Promise.all(Array.from({ length: 6000 }, () => open("a.txt"))).then((files) => console.log(files.length));`;
  const result = await sandbox.run(
    command(newWorkspace({ "a.txt": "a\n" }), "", { argv: ["node", "-e", script] }),
  );
  expect([result.code, result.stdout, result.limit]).toEqual([0, "6000\n", undefined]);
});

test("no more open files are asked for than this machine gives", () => {
  const [, asked] =
    /--nofile=(\d+)/.exec(
      limitedCommand({ ...defaultLimits, openFiles: Number.MAX_SAFE_INTEGER }, ["true"]).join(" "),
    ) ?? [];
  expect(Number(asked)).toBeLessThan(Number.MAX_SAFE_INTEGER);
  expect(limitedCommand({ ...defaultLimits, openFiles: 64 }, ["true"])).toContain("--nofile=64");
});

test("address space that is reserved and not used does not count as memory, as Node 24 has it for each thread", () => {
  const limits = { ...defaultLimits, memoryBytes: 1_000, reservedBytes: 200 };
  expect(limitedCommand(limits, ["true"])).toContain("--data=1200");
});

test.each([
  [1, "Error: EMFILE: too many open files, open '/workspace/a.js'", "open files"],
  [1, "npm ERR! nospc ENOSPC: no space left on device", "disk"],
  [153, "", "disk"],
  [152, "", "cpu"],
  [134, "FATAL ERROR: JavaScript heap out of memory", "memory"],
  [1, "sh: 1: Cannot fork", "processes"],
  [1, "AssertionError: 1 !== 2", undefined],
  [0, "one test is about EMFILE", undefined],
])("exit code %s with %j speaks of the limit %j", (code, output, limit) => {
  expect(limitBehindFailure(code, output)).toBe(limit);
});
