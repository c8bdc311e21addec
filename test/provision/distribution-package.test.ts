import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fetchDistributionPackage } from "../../src/provision/distribution-package.ts";
import { findProgram, systemPath } from "../../src/provision/find-program.ts";
import { NeedsInstallError, type PackageNames, thisSystem } from "../../src/provision/install-advice.ts";
import { createNobodysPlace, type NobodysPlace } from "./as-nobody.ts";

// fetches packages, on a machine that may be busy
vi.setConfig({ testTimeout: 120_000 });

const names: PackageNames = {
  program: "bubblewrap",
  debian: "bubblewrap",
  fedora: "bubblewrap",
  alpine: "bubblewrap",
  arch: "bubblewrap",
  suse: "bubblewrap",
  macos: null,
};

let place: NobodysPlace;
const directories: string[] = [];
beforeAll(() => {
  place = createNobodysPlace();
});
afterAll(() => {
  place.remove();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "fixpoint-provision-"));
  directories.push(directory);
  return directory;
}

// other systems install it by their package manager; what they are told is in install-advice.test.ts
describe.runIf(findProgram("apt-get", systemPath))("on Debian and Ubuntu", () => {
  test("an ordinary user fetches a package by two processes at once, and both use the same finished copy", async () => {
    const cacheDir = join(place.home, "cache");
    const fetchIt = () => place.run("test/provision/provide-program.ts", "bubblewrap", cacheDir, "bwrap");
    const [one, other] = await Promise.all([fetchIt(), fetchIt()]);
    const again = await fetchIt();
    expect(one).toEqual({
      root: join(cacheDir, "packages", `bubblewrap-${thisSystem().release}-${process.arch}`),
      version: expect.stringMatching(/^bubblewrap \d/),
      uid: process.geteuid?.() === 0 ? 65_534 : process.geteuid?.(),
    });
    expect([other, again]).toEqual([one, one]);
    expect(readdirSync(join(cacheDir, "packages"))).toEqual([
      `bubblewrap-${thisSystem().release}-${process.arch}`,
    ]);
  });

  test("a package that no source offers ends in a sentence that says what to type, and leaves nothing behind", async () => {
    const cacheDir = newDirectory();
    const log: string[] = [];
    const failure = await fetchDistributionPackage({
      names: { ...names, debian: "no-such-package-anywhere" },
      cacheDir,
      log: (line) => log.push(line),
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NeedsInstallError);
    expect(String(failure)).toBe(
      "NeedsInstallError: bubblewrap is not installed, and fetching the package no-such-package-anywhere failed: no source of this system offers the package no-such-package-anywhere\nInstall it with: sudo apt-get install no-such-package-anywhere",
    );
    expect(readdirSync(join(cacheDir, "packages"))).toEqual([]);
    expect(log).toHaveLength(1);
  });
});

test("without apt on the search path the message says so, and nothing is made", async () => {
  const cacheDir = newDirectory();
  const emptyPath = newDirectory();
  await expect(fetchDistributionPackage({ names, cacheDir, path: emptyPath, log: () => {} })).rejects.toThrow(
    /^bubblewrap is not installed, and it can only be fetched by itself on Debian and Ubuntu\. Install /,
  );
  expect(readdirSync(cacheDir)).toEqual([]);
});
