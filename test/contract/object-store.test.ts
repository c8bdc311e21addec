import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Commit, readCommit, readCommits, writeCommit } from "../../demo/forge/git/commits.ts";
import { changedFiles, unifiedDiff } from "../../demo/forge/git/diff.ts";
import { createDiskStore } from "../../demo/forge/git/disk-store.ts";
import {
  aheadBehind,
  changedNames,
  commitsBetween,
  commitsOf,
  isAncestor,
  mergeBase,
  mergeTrees,
  resolveCommit,
} from "../../demo/forge/git/history.ts";
import { createMemoryStore, emptyStore } from "../../demo/forge/git/memory-store.ts";
import { mountStore } from "../../demo/forge/git/object-store.ts";
import {
  EMPTY_TREE,
  objectType,
  readBlob,
  readTree,
  treeOf,
  writeBlob,
  writeTree,
} from "../../demo/forge/git/objects.ts";
import {
  isValidRefName,
  listRefs,
  listRefsNow,
  moveRef,
  readRef,
  setRef,
} from "../../demo/forge/git/refs.ts";
import { git, tryGit } from "../../demo/forge/git/run.ts";

let folder = "";
let ofGit = "";
let onDisk = "";
const inMemory = "memory:contract";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fixpoint-store-"));
  [ofGit, onDisk] = [join(folder, "git"), join(folder, "disk")];
});
beforeEach(async () => {
  for (const gitDir of [ofGit, onDisk]) {
    await rm(gitDir, { recursive: true, force: true });
    await git(gitDir, ["init", "--quiet", "--bare", "--initial-branch=main"]);
  }
  mountStore(inMemory, createMemoryStore(emptyStore()));
  mountStore(onDisk, createDiskStore(onDisk));
});
afterAll(async () => {
  for (const gitDir of [onDisk, inMemory]) mountStore(gitDir, null);
  await rm(folder, { recursive: true, force: true });
});

/** The same done in all stores; the answers have to be the same, refusals too. Gives back the one of git. */
async function both<T>(ask: (gitDir: string) => Promise<T> | T): Promise<T> {
  const [real, ...twins] = await Promise.allSettled(
    [ofGit, onDisk, inMemory].map(async (gitDir) => ask(gitDir)),
  );
  expect(twins.map(({ status }) => status)).toEqual([real?.status, real?.status]);
  if (real?.status !== "fulfilled") throw new Error("git refused, and so did the stores");
  expect(twins).toEqual([real, real]);
  return real.value;
}

const author = {
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
  GIT_COMMITTER_DATE: "1700000000 +0000",
};

type Files = Record<string, string | null>;

async function change(files: Files, base: string | null): Promise<string> {
  const changes = await Promise.all(
    Object.entries(files).map(async ([path, text]) => ({
      path,
      mode: path.endsWith(".sh") ? "100755" : "100644",
      sha: text === null ? null : await both((gitDir) => writeBlob(gitDir, Buffer.from(text))),
    })),
  );
  return both((gitDir) => writeTree(gitDir, base, changes));
}

let minutes = 0;
async function commit(files: Files, parents: string[], message = "a commit\n"): Promise<string> {
  minutes += 1;
  const tree = await change(files, parents[0] ?? null);
  const who = {
    name: "Ada <x>",
    email: "ada@example.org",
    at: new Date(1_700_000_000_000 + minutes * 60_000),
  };
  const signature = parents.length > 0 ? "-----BEGIN-----\n\nline\n-----END-----\n" : undefined;
  const wanted = { tree, parents, author: who, committer: who, message };
  return both((gitDir) => writeCommit(gitDir, { ...wanted, ...(signature ? { signature } : {}) }));
}

const long = (marks: Record<number, string> = {}) =>
  Array.from({ length: 40 }, (_, at) => marks[at] ?? `line ${at}`)
    .join("\n")
    .concat("\n");

describe("a store of git objects without git, in memory and on disk,", () => {
  test("names blobs, trees and commits as git does, and gives them back", async () => {
    const first = await commit(
      { "README.md": "# Hi\n", "src/a.js": "a\n", "src/deep/b.js": "b\n", "run.sh": "#!\n" },
      [],
    );
    const second = await commit({ "src/a.js": "aa\n", "src/deep/b.js": null, "src/deep": "now a file\n" }, [
      first,
    ]);
    for (const sha of [first, second]) {
      expect(await both((gitDir) => readTree(gitDir, sha, true))).not.toEqual([]);
      await both((gitDir) => readTree(gitDir, sha, false));
      await both((gitDir) => treeOf(gitDir, sha));
      await both((gitDir) => objectType(gitDir, sha));
    }
    expect(await both((gitDir) => readCommits(gitDir, [second, first, `${second}^{commit}`]))).toHaveLength(
      3,
    );
    const read: Commit = await both((gitDir) => readCommit(gitDir, second));
    expect(read).toMatchObject({ parents: [first], author: { name: "Ada  x" } });
    const blob = await both((gitDir) => writeBlob(gitDir, Buffer.from([0, 255, 10])));
    expect(await both((gitDir) => readBlob(gitDir, blob))).toEqual(Buffer.from([0, 255, 10]));
    expect(await both((gitDir) => objectType(gitDir, EMPTY_TREE))).toBe("tree");
    expect(await both((gitDir) => objectType(gitDir, "1".repeat(40)))).toBeNull();
  });

  test("takes a tree into a tree, and refuses objects that are not there", async () => {
    const inner = await change({ x: "x\n", "y/z": "z\n" }, null);
    await both((gitDir) => writeTree(gitDir, null, [{ path: "sub", mode: "040000", sha: inner }]));
    const missing = [{ path: "a", mode: "100644", sha: "1".repeat(40) }];
    await expect(both((gitDir) => writeTree(gitDir, null, missing))).rejects.toThrow("git refused");
    await expect(both((gitDir) => readBlob(gitDir, "1".repeat(40)))).rejects.toThrow("git refused");
  });

  test("moves a ref only from where the caller saw it, and keeps names apart", async () => {
    const [first] = [await commit({ a: "1" }, [])];
    const second = await commit({ a: "2" }, [first]);
    const name = "refs/heads/agent/issue-7";
    expect(await both((gitDir) => moveRef(gitDir, name, first, null))).toBe(true);
    expect(await both((gitDir) => moveRef(gitDir, name, second, null))).toBe(false);
    expect(await both((gitDir) => moveRef(gitDir, name, second, second))).toBe(false);
    expect(await both((gitDir) => moveRef(gitDir, "refs/heads/agent", first, null))).toBe(false);
    expect(await both((gitDir) => moveRef(gitDir, `${name}/x`, first, null))).toBe(false);
    expect(await both((gitDir) => moveRef(gitDir, name, second, first))).toBe(true);
    await both((gitDir) => setRef(gitDir, "refs/pull/1/head", first));
    await both((gitDir) => listRefs(gitDir, "refs/heads/"));
    expect(await both(listRefsNow)).toHaveLength(2);
    expect(await both((gitDir) => readRef(gitDir, name))).toEqual({ name, sha: second, type: "commit" });
    // A name that looks like a file which is about to take another one's place.
    expect(await both((gitDir) => moveRef(gitDir, `${name}.new`, first, null))).toBe(true);
    expect(await both((gitDir) => readRef(gitDir, `${name}.new`))).toMatchObject({ sha: first });
    expect(await both((gitDir) => moveRef(gitDir, `${name}.new`, null, first))).toBe(true);
    for (const asked of ["agent/issue-7", name, second, second.slice(0, 10), "nothing", "-x", "a..b"])
      await both((gitDir) => resolveCommit(gitDir, asked));
    expect(await both((gitDir) => moveRef(gitDir, name, null, second))).toBe(true);
    expect(await both((gitDir) => readRef(gitDir, name))).toBeNull();
  });

  test("walks through history: between, before, in common, ahead and behind", async () => {
    const base = await commit({ "a.txt": long(), b: "b" }, []);
    const left = await commit({ "a.txt": long({ 3: "left" }) }, [base]);
    const left2 = await commit({ c: "c" }, [left]);
    const right = await commit({ b: "right" }, [base]);
    const merged = await commit({ b: "right" }, [left2, right]);
    const all = [base, left, left2, right, merged];
    for (const one of all) {
      await both((gitDir) => commitsOf(gitDir, one, null));
      await both((gitDir) => commitsBetween(gitDir, null, one));
      for (const other of all) {
        await both((gitDir) => mergeBase(gitDir, one, other));
        await both((gitDir) => isAncestor(gitDir, one, other));
        await both((gitDir) => aheadBehind(gitDir, one, other));
        await both((gitDir) => changedNames(gitDir, one, other));
        await both(async (gitDir) => new Set(await commitsBetween(gitDir, one, other)));
      }
    }
    expect(await both((gitDir) => mergeTrees(gitDir, left2, right))).toBe(
      await both((gitDir) => treeOf(gitDir, merged)),
    );
    expect(await both((gitDir) => commitsOf(gitDir, left2, "a.txt"))).toEqual([left, base]);
    const clash = await commit({ "a.txt": long({ 3: "clash" }) }, [base]);
    expect(await both((gitDir) => mergeTrees(gitDir, left, clash))).toBeNull();
  });

  test("writes the diff that git writes", async () => {
    const base = await commit(
      { "a.txt": long(), "b.js": "function one() {\n  return 1;\n}\n", gone: "x\n", "m.sh": "#!\n" },
      [],
    );
    const next = await commit(
      {
        "a.txt": long({ 2: "two", 20: "twenty", 21: "twenty-one", 39: "last" }),
        "b.js": "function one() {\n  return 2;\n}",
        gone: null,
        "new/file": "fresh\nlines\n",
        empty: "",
      },
      [base],
    );
    for (const [from, to] of [
      [base, next],
      [next, base],
      [EMPTY_TREE, base],
      [base, base],
    ] as const) {
      await both((gitDir) => changedFiles(gitDir, from, to));
      await both(async (gitDir) => (await unifiedDiff(gitDir, from, to)).toString("utf8"));
    }
  });

  test("leaves to git what only git can tell on disk: what was renamed, and how one file is merged", async () => {
    const base = await commit({ "a.txt": long(), b: "b" }, []);
    const renamed = await commit({ "a.txt": null, "z.txt": long() }, [base]);
    const left = await commit({ "a.txt": long({ 3: "left" }) }, [base]);
    const right = await commit({ "a.txt": long({ 30: "right" }) }, [base]);
    for (const gitDir of [ofGit, onDisk]) {
      expect(await changedFiles(gitDir, base, renamed)).toMatchObject([{ status: "renamed", path: "z.txt" }]);
      expect(await mergeTrees(gitDir, left, right)).not.toBeNull();
    }
  });

  test("on disk leaves what git finds whole, and finds what git leaves", async () => {
    const name = "refs/heads/agent/issue-7";
    const first = await commit({ a: "1", "b/c.sh": "2" }, []);
    await both((gitDir) => moveRef(gitDir, name, first, null));
    await git(onDisk, ["fsck", "--full", "--strict"]);
    for (const gitDir of [ofGit, onDisk]) {
      await git(gitDir, ["tag", "-a", "-m", "one", "v1", name], { env: author });
      expect(await resolveCommit(gitDir, "v1")).toBe(first);
    }
    expect(await both((gitDir) => moveRef(gitDir, name, null, first))).toBe(true);
    expect(await both((gitDir) => moveRef(gitDir, "refs/heads/agent", first, null))).toBe(true);
  });

  test("names the same tree for any set of files", async () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "a.b", "ab", "a-", "ü", "x y"), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join("/"));
    const files = fc.dictionary(path, fc.string({ maxLength: 5 }), { minKeys: 1, maxKeys: 6 });
    await fc.assert(
      fc.asyncProperty(files, async (wanted) => {
        const paths = Object.keys(wanted);
        fc.pre(!paths.some((one) => paths.some((other) => other.startsWith(`${one}/`))));
        await change(wanted, null);
      }),
      { numRuns: 25, seed: 11 },
    );
  });

  test("knows which names git accepts for a ref", async () => {
    const names = [
      ...[
        "refs/heads/a",
        "refs/heads/a/b.c",
        "refs/heads/ü",
        "refs/heads/-x",
        "refs/heads/a@b",
        "refs/heads/@",
      ],
      ...["refs/heads/.a", "refs/heads/a.lock", "refs/heads/a.lock/b", "refs/heads/a..b", "refs/heads/a b"],
      ...[
        "refs/heads/a~",
        "refs/heads/a^",
        "refs/heads/a:",
        "refs/heads/a?",
        "refs/heads/a*",
        "refs/heads/a[",
      ],
      ...[
        "refs/heads/a\\b",
        "refs/heads//a",
        "refs/heads/a/",
        "refs/heads/a.",
        "refs/heads/a@{b",
        "refs/heads/a\tb",
      ],
      ...["refs/heads/a\u007f", "refs/heads/a\u00a0b"],
    ];
    const git = await Promise.all(
      names.map(async (name) => (await tryGit(["check-ref-format", name])).code === 0),
    );
    expect(names.map(isValidRefName)).toEqual(git);
    expect(["main", "heads/main", "refs/main"].map(isValidRefName)).toEqual([false, false, false]);
  });
});
