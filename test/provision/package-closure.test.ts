import { expect, test } from "vitest";
import { packageClosure, parsePackageRecords } from "../../src/provision/package-closure.ts";

const archive = `Package: redis-server
Source: redis
Version: 5:7.0.15-1
Pre-Depends: init-system-helpers (>= 1.54~)
Depends: lsb-base (>= 3.2-14), redis-tools (= 5:7.0.15-1)
Description: a store
 Depends: not a field

Package: redis-tools
Source: redis (7.0)
Depends: adduser, libc6 (>= 2.34), libssl3 (>= 3.0.0), libone | libother, --evil

Package: libssl3
Source: openssl
Depends: libc6 (>= 2.34)

Package: libone
Depends: libdeep:amd64

Package: libdeep
Depends: redis-server

Package: adduser
Depends: passwd

Package: libc6
Source: glibc`;

function showFrom(asked: string[][]) {
  const records = parsePackageRecords(archive);
  return async (names: readonly string[]) => {
    asked.push([...names]);
    return records.filter((record) => names.includes(record.name));
  };
}

test("the stanzas of apt-cache are read as names without versions, and odd names are dropped", () => {
  expect(parsePackageRecords(archive).slice(0, 2)).toEqual([
    {
      name: "redis-server",
      source: "redis",
      dependsOn: [["init-system-helpers"], ["lsb-base"], ["redis-tools"]],
    },
    {
      name: "redis-tools",
      source: "redis",
      dependsOn: [["adduser"], ["libc6"], ["libssl3"], ["libone", "libother"]],
    },
  ]);
});

test("the closure holds packages of the same source and libraries all the way down, never the C library or services", async () => {
  const asked: string[][] = [];
  expect(await packageClosure("redis-server", showFrom(asked))).toEqual([
    "libdeep",
    "libone",
    "libssl3",
    "redis-server",
    "redis-tools",
  ]);
  expect(asked.flat()).not.toContain("libc6");
});

test("a package that no source offers has an empty closure", async () => {
  expect(await packageClosure("nothing-like-it", showFrom([]))).toEqual([]);
});
