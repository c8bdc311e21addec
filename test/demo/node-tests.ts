import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "vitest";

const run = promisify(execFile);

/** Runs a directory's own tests with `node --test`, and gives the titles of those that fail. */
export async function failingTests(directory: string): Promise<string[]> {
  // Inside another test runner the variable would make the child report to that one instead of printing.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = run("node", ["--test", "--test-reporter=tap"], { cwd: directory, env });
  const { stdout } = await child.catch((error: { stdout: string }) => error);
  expect(stdout).toMatch(/^# pass [1-9]/m);
  return [...stdout.matchAll(/^not ok \d+ - (.*)$/gm)].map((match) => match[1] ?? "");
}
