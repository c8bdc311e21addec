import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { provideBubblewrap } from "../../src/provision/bubblewrap.ts";
import { systemPath } from "../../src/provision/find-program.ts";

const cacheDir = process.env["FIXPOINT_CACHE_DIR"] ?? join(homedir(), ".cache/fixpoint");
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "fixpoint-provision-"));
  directories.push(directory);
  return directory;
}

test("a bwrap on the search path is taken as it is", async () => {
  const directory = newDirectory();
  writeFileSync(join(directory, "bwrap"), "#!/bin/sh\n");
  chmodSync(join(directory, "bwrap"), 0o755);
  expect(
    await provideBubblewrap({ cacheDir: newDirectory(), path: `relative:${directory}:/usr/bin` }),
  ).toEqual({
    bwrap: join(directory, "bwrap"),
  });
});

test("what is provided on this machine starts", async () => {
  const { bwrap, libraryPath } = await provideBubblewrap({ cacheDir, path: systemPath });
  const env = libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {};
  expect(execFileSync(bwrap, ["--version"], { env, encoding: "utf8" })).toMatch(/^bubblewrap \d/);
});

test("without bwrap and without apt the message names what is missing and what to type", async () => {
  await expect(provideBubblewrap({ cacheDir: newDirectory(), path: newDirectory() })).rejects.toThrow(
    /^bubblewrap \(bwrap\), the program that the sandbox is made with, is not installed, .* Install /,
  );
});
