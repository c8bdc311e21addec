import { readdir, readFile, stat } from "node:fs/promises";
import { BadConfiguration } from "../src/errors.ts";
import { isRepository } from "./forge/git/is-repository.ts";
import { tryGit } from "./forge/git/run.ts";
import { loadScript, type Script } from "./model/script.ts";
import { isUrl, type StageOptions } from "./options.ts";

export interface Inputs {
  issue: { title: string; body: string };
  model: Extract<StageOptions["model"], { kind: "real" }> | { kind: "script"; script: Script };
}

/**
 * What the command line names, read and looked at before anything is started or fetched. Throws `BadConfiguration` with every mistake
 * at once: a repository that cannot be used, an issue without a title, a script that is not one.
 */
export async function readInputs(
  options: Pick<StageOptions, "repo" | "issueFile" | "model">,
): Promise<Inputs> {
  const problems: string[] = [];
  const collect = (error: unknown) => {
    if (!(error instanceof BadConfiguration)) throw error;
    problems.push(...error.problems);
    return null;
  };
  const { repo, issueFile, model } = options;
  await checkRepository(repo).catch(collect);
  const issue = await readIssue(issueFile).catch(collect);
  const opened = model.kind === "real" ? model : await openScript(model.file).catch(collect);
  if (issue === null || opened === null || problems.length > 0) throw new BadConfiguration(problems);
  return { issue, model: opened };
}

async function openScript(file: string): Promise<Inputs["model"]> {
  return { kind: "script", script: await loadScript(file) };
}

async function checkRepository(repo: string): Promise<void> {
  if (isUrl(repo)) return checkRemote(repo);
  const facts = await stat(repo).catch(() => null);
  if (!facts) throw bad(`The repository ${repo} does not exist. Give a directory or a git URL.`);
  if (!facts.isDirectory()) throw bad(`The repository ${repo} is not a directory.`);
  if (!(await isRepository(repo))) {
    if ((await readdir(repo)).length === 0) throw bad(`The directory ${repo} is empty.`);
    return;
  }
  const ask = (...args: string[]) => tryGit(["-C", repo, ...args]);
  const [branch, commit] = [
    await ask("symbolic-ref", "--quiet", "HEAD"),
    await ask("rev-parse", "--quiet", "--verify", "HEAD^{commit}"),
  ];
  if (branch.code === 0 && commit.code === 0) return;
  if (branch.code === 0) throw bad(`The repository ${repo} has no commit yet. Commit its files first.`);
  if (commit.code === 0) throw bad(`The repository ${repo} is on no branch. Check out a branch first.`);
  throw bad(`The repository ${repo} cannot be read: ${commit.err.trim()}`);
}

async function checkRemote(url: string): Promise<void> {
  const asked = await tryGit(["ls-remote", "--quiet", "--", url, "HEAD"]);
  if (asked.code !== 0) throw bad(`The repository ${url} cannot be read: ${asked.err.trim()}`);
  if (asked.out.length === 0) throw bad(`The repository ${url} has no commit yet.`);
}

/** `# Title` first, the rest is the body. */
async function readIssue(file: string): Promise<{ title: string; body: string }> {
  const text = await readFile(file, "utf8").catch(() => {
    throw bad(`The issue ${file} cannot be read. Give a Markdown file whose first line is its title.`);
  });
  const [first = "", ...rest] = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const title = first.replace(/^#+\s*/, "").trim();
  if (!title) throw bad(`The issue ${file} has no title. Write it into the first line, as "# Title".`);
  return { title, body: rest.join("\n").trim() };
}

function bad(problem: string): BadConfiguration {
  return new BadConfiguration([problem]);
}
