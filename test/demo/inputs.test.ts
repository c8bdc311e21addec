import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readInputs } from "../../demo/inputs.ts";
import { putUnderGit } from "../../demo/put-under-git.ts";
import { BadConfiguration } from "../../src/errors.ts";

const root = mkdtempSync(join(tmpdir(), "fixpoint-inputs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const issueFile = join(root, "issue.md");
writeFileSync(issueFile, "\uFEFF# It is wrong\r\n\r\nIt should be right.\r\n");
const model = { kind: "real", name: "gpt-5", apiKey: "none", baseUrl: null } as const;

test("a plain directory, a repository, a bare one and a URL of one can be used", async () => {
  const plain = directory("plain", { "a.txt": "a\n" });
  const repository = directory("repository", { "a.txt": "a\n" });
  await putUnderGit(repository, "first");
  const bare = join(root, "bare.git");
  execFileSync("git", ["clone", "--quiet", "--bare", repository, bare]);
  for (const repo of [plain, repository, bare, `file://${bare}`]) {
    expect(await readInputs({ repo, issueFile, model })).toEqual({
      issue: { title: "It is wrong", body: "It should be right." },
      model,
    });
  }
});

test("a repository without a commit is refused before anything starts", async () => {
  const empty = directory("empty-repository", {});
  execFileSync("git", ["init", "--quiet", empty]);
  const emptyBare = join(root, "empty.git");
  execFileSync("git", ["init", "--quiet", "--bare", emptyBare]);
  expect(await problemsOf(empty)).toEqual([
    `The repository ${empty} has no commit yet. Commit its files first.`,
  ]);
  expect(await problemsOf(`file://${emptyBare}`)).toEqual([
    `The repository file://${emptyBare} has no commit yet.`,
  ]);
  const nothing = directory("nothing", {});
  expect(await problemsOf(nothing)).toEqual([`The directory ${nothing} is empty.`]);
});

test("a commit that is on no branch is no place to start from", async () => {
  const repo = directory("detached", { "a.txt": "a\n" });
  const sha = await putUnderGit(repo, "first");
  execFileSync("git", ["-C", repo, "checkout", "--quiet", sha]);
  expect(await problemsOf(repo)).toEqual([
    `The repository ${repo} is on no branch. Check out a branch first.`,
  ]);
});

test("mistakes in all three are named together", async () => {
  const script = join(root, "script.json");
  writeFileSync(script, '{"version":2}');
  const repo = join(root, "nowhere");
  const error = await readInputs({
    repo,
    issueFile: join(root, "no.md"),
    model: { kind: "script", file: script },
  }).catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(BadConfiguration);
  const problems = error instanceof BadConfiguration ? error.problems : [];
  expect(problems.slice(0, 3)).toEqual([
    `The repository ${repo} does not exist. Give a directory or a git URL.`,
    `The issue ${join(root, "no.md")} cannot be read. Give a Markdown file whose first line is its title.`,
    `${script} is not a usable script:`,
  ]);
});

test("a URL that nobody answers is a mistake with git's own words", async () => {
  const [problem] = await problemsOf("http://127.0.0.1:1/a.git");
  expect(problem).toContain("The repository http://127.0.0.1:1/a.git cannot be read: fatal:");
});

test("an issue without a title is refused", async () => {
  const file = join(root, "untitled.md");
  writeFileSync(file, "\n\nWords, but no title.\n");
  const repo = directory("titled", { "a.txt": "a\n" });
  await expect(readInputs({ repo, issueFile: file, model })).rejects.toThrow(
    `The issue ${file} has no title. Write it into the first line, as "# Title".`,
  );
});

async function problemsOf(repo: string): Promise<readonly string[]> {
  const error = await readInputs({ repo, issueFile, model }).catch((problem: unknown) => problem);
  return error instanceof BadConfiguration ? error.problems : [];
}

function directory(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(root, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text);
  return path;
}
