import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimDirectory, clearUnclaimed } from "../../src/workspace/claim.ts";
import { systemPath } from "../../src/workspace/git-environment.ts";

let workDir: string;
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), "fixpoint-claim-"));
});
afterEach(() => rmSync(workDir, { recursive: true, force: true }));

const make = (name: string) => {
  mkdirSync(join(workDir, name, "tree"), { recursive: true });
  writeFileSync(join(workDir, name, "tree/a.txt"), "a\n");
};

test("work that goes on is left alone, and what nobody claims is removed", async () => {
  const claim = await claimDirectory(workDir, "run_1", systemPath);
  make("run_1");
  make("run_2");
  expect(await clearUnclaimed(workDir, systemPath)).toEqual(["run_2"]);
  expect(readdirSync(workDir).sort()).toEqual(["run_1", "run_1.lock"]);
  await claim.release();
  expect(await clearUnclaimed(workDir, systemPath)).toEqual(["run_1"]);
  expect(readdirSync(workDir)).toEqual([]);
});

test("a worker that is killed claims nothing any more", async () => {
  const program = join(import.meta.dirname, "claim-program.ts");
  const worker = spawn(process.execPath, ["--import", "tsx", program, workDir, "run_3"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(worker.stdout, "data");
  make("run_3");
  expect(await clearUnclaimed(workDir, systemPath)).toEqual([]);
  worker.kill("SIGKILL");
  await once(worker, "exit");
  const cleared: string[] = [];
  while (cleared.length === 0) cleared.push(...(await clearUnclaimed(workDir, systemPath)));
  expect(cleared).toEqual(["run_3"]);
  expect(readdirSync(workDir)).toEqual([]);
});
