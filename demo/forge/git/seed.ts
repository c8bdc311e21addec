import { appendFile, cp, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDiskStore } from "./disk-store.ts";
import { isRepository } from "./is-repository.ts";
import { mountStore } from "./object-store.ts";
import { PRE_RECEIVE } from "./pre-receive.ts";
import { GitError, git, gitText, tryGit } from "./run.ts";

export type Seed = {
  /** a plain directory (copied and committed), or a git repository: a directory or a URL (cloned, its commits only) */
  from: string;
  gitDir: string;
  defaultBranch: string | undefined;
  author: { name: string; email: string };
  at: Date;
};

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Makes the bare repository and answers the name of its default branch. */
export async function seedRepository(seed: Seed): Promise<string> {
  await mkdir(path.dirname(seed.gitDir), { recursive: true });
  const isPlain = (await exists(seed.from)) && !(await isRepository(seed.from));
  const branch = isPlain ? await commitDirectory(seed) : await cloneBare(seed);
  await configure(seed.gitDir);
  if (isPlain) mountStore(seed.gitDir, createDiskStore(seed.gitDir));
  return branch;
}

async function cloneBare(seed: Seed): Promise<string> {
  const args = ["clone", "--quiet", "--bare", "--no-hardlinks", "--", seed.from, seed.gitDir];
  // Whoever names a repository far away reaches it by their own proxies, certificates and keys.
  const cloned = await tryGit(args, { environment: "user" });
  if (cloned.code !== 0) throw new GitError(args, cloned.code, cloned.err);
  await tryGit([`--git-dir=${seed.gitDir}`, "remote", "remove", "origin"]);
  const head = await tryGit([`--git-dir=${seed.gitDir}`, "symbolic-ref", "--quiet", "--short", "HEAD"]);
  if (head.code !== 0) return nameDetached(seed);
  const branch = seed.defaultBranch ?? head.out.toString("utf8").trim();
  await git(seed.gitDir, ["rev-parse", "--quiet", "--verify", `refs/heads/${branch}^{commit}`]);
  await git(seed.gitDir, ["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  return branch;
}

/** A checkout of a tag or commit has no branch: here it gets one, which stands where that checkout stood. */
async function nameDetached(seed: Seed): Promise<string> {
  const branch = seed.defaultBranch ?? "main";
  const sha = await gitText(seed.gitDir, ["rev-parse", "HEAD"]);
  await git(seed.gitDir, ["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  await git(seed.gitDir, ["update-ref", `refs/heads/${branch}`, sha]);
  return branch;
}

async function commitDirectory(seed: Seed): Promise<string> {
  const branch = seed.defaultBranch ?? "main";
  await git(seed.gitDir, ["init", "--quiet", "--bare", `--initial-branch=${branch}`]);
  const copy = await mkdtemp(path.join(tmpdir(), "forge-seed-"));
  const when = `${Math.floor(seed.at.getTime() / 1000)} +0000`;
  const env = {
    GIT_WORK_TREE: copy,
    GIT_INDEX_FILE: path.join(seed.gitDir, "index-seed"),
    GIT_AUTHOR_NAME: seed.author.name,
    GIT_AUTHOR_EMAIL: seed.author.email,
    GIT_AUTHOR_DATE: when,
    GIT_COMMITTER_NAME: seed.author.name,
    GIT_COMMITTER_EMAIL: seed.author.email,
    GIT_COMMITTER_DATE: when,
  };
  try {
    await cp(seed.from, copy, { recursive: true, verbatimSymlinks: true });
    await git(seed.gitDir, ["-c", "core.bare=false", "add", "-A", "--", "."], { env, cwd: copy });
    const tree = await gitText(seed.gitDir, ["write-tree"], { env });
    const sha = await gitText(seed.gitDir, ["commit-tree", tree, "-m", "Initial commit"], { env });
    await git(seed.gitDir, ["update-ref", `refs/heads/${branch}`, sha]);
  } finally {
    await rm(copy, { recursive: true, force: true });
    await rm(env.GIT_INDEX_FILE, { force: true });
  }
  return branch;
}

/** What GitHub's servers allow and refuse, as settings of the bare repository. */
const SETTINGS = `[uploadpack]
	allowReachableSHA1InWant = true
	allowFilter = true
[transfer]
	unpackLimit = 1000000
[receive]
	hideRefs = refs/pull
	fsckObjects = true
[gc]
	auto = 0
`;

async function configure(gitDir: string): Promise<void> {
  await appendFile(path.join(gitDir, "config"), SETTINGS);
  await rm(path.join(gitDir, "hooks"), { recursive: true, force: true });
  await mkdir(path.join(gitDir, "hooks"));
  await writeFile(path.join(gitDir, "hooks", "pre-receive"), PRE_RECEIVE, { mode: 0o755 });
}
