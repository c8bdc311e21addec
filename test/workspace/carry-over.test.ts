import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type LocalRepository, localRepository, text } from "./local-repository.ts";

let repository: LocalRepository;
afterEach(() => repository.remove());

type Files = Parameters<typeof localRepository>[0];
type Changes = Parameters<LocalRepository["commit"]>[0];

/** Our change and that of the base, both made from `files`, brought together. */
async function carryOver(files: Files, ours: Changes, base: Changes) {
  repository = await localRepository(files);
  const { run, commit, spec, workspaces } = repository;
  run("checkout", "--quiet", "-b", "ours");
  const oursSha = await commit(ours);
  run("checkout", "--quiet", "main");
  const baseSha = await commit(base);
  const { sha, branch: _, ...rest } = spec();
  return workspaces.carryOver({
    ...rest,
    commits: {
      before: { sha, branch: "main" },
      ours: { sha: oursSha, branch: "ours" },
      base: { sha: baseSha, branch: "main" },
    },
  });
}

const lines = (...marked: [number, string][]) =>
  Array.from({ length: 20 }, (_, at) => `${new Map(marked).get(at) ?? `line ${at}`}\n`).join("");

it("merges what stands far enough apart in one file, and keeps the mode of whoever changed it", async () => {
  const { changes, contents, clashes } = await carryOver(
    { "a.txt": lines(), "tool.sh": { script: "#!/bin/sh\n# one\n" } },
    { "a.txt": lines([2, "ours"]), "tool.sh": "#!/bin/sh\n# one\n" },
    { "a.txt": lines([15, "base"]), "tool.sh": { script: "#!/bin/sh\n# one\n\n\n\necho base\n" } },
  );
  expect(clashes).toEqual([]);
  const [merged, tool] = changes;
  if (merged?.kind !== "write" || tool?.kind !== "write") throw new Error("Both files are written.");
  expect(text(contents.get(merged.digest))).toBe(lines([2, "ours"], [15, "base"]));
  expect([tool.mode, text(contents.get(tool.digest))]).toEqual([
    "100644",
    "#!/bin/sh\n# one\n\n\n\necho base\n",
  ]);
});

it("believes no attribute of the repository: no driver, no other markers, no conversion", async () => {
  const { changes, contents } = await carryOver(
    { ".gitattributes": "*.txt merge=union conflict-marker-size=3 text eol=crlf\n", "a.txt": "one\n" },
    { "a.txt": "ours\n" },
    { "a.txt": "base\n" },
  );
  const [merged] = changes;
  if (merged?.kind !== "write") throw new Error("The file is written.");
  expect(text(contents.get(merged.digest))).toBe(
    "<<<<<<< this change\nours\n=======\nbase\n>>>>>>> the base branch\n",
  );
});

it("asks a person where others put links on our branch, which would be lost in silence", async () => {
  const carried = carryOver({ "a.txt": "one\n" }, { link: { link: "a.txt" } }, { "a.txt": "two\n" });
  await expect(carried).rejects.toMatchObject({ reason: "conflict" });
});

it("leaves nothing behind", async () => {
  await carryOver({ "a.txt": "one\n" }, { "a.txt": "ours\n" }, { "a.txt": "base\n" });
  const work = await readdir(join(repository.home, "work"));
  expect(work.filter((name) => name.startsWith("run_7_1_1-") && !name.includes("."))).toEqual([]);
  const [cache = ""] = await readdir(join(repository.home, "cache"));
  const refs = await repository.git(["for-each-ref", "--format=%(refname)", "refs/runs"], {
    gitDir: join(repository.home, "cache", cache),
  });
  expect(refs.toString()).toBe("");
});
