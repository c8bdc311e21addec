import { spawn } from "node:child_process";

export type GitResult = { code: number; out: Buffer; err: string };

export class GitError extends Error {
  readonly code: number;
  readonly err: string;
  constructor(args: readonly string[], code: number, err: string) {
    super(`git ${args[0] ?? ""} ended with ${code}: ${err.trim().slice(0, 500)}`);
    this.code = code;
    this.err = err;
  }
}

/** Nothing of the machine's own git configuration may reach the forge: the same bytes must give the same SHAs everywhere. */
export function gitEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: "/nonexistent",
    LANG: "C.UTF-8",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    ...extra,
  };
}

/** `environment: "user"` is for reaching what the user named; everything else runs in the forge's own. */
export type GitOptions = {
  input?: string | Buffer;
  env?: Record<string, string>;
  cwd?: string;
  environment?: "forge" | "user";
};

/** Questions that objects answer, and the words that may stand in them beside full SHAs. */
const ASKS_OBJECTS = new Set([
  "cat-file",
  "diff-tree",
  "ls-tree",
  "merge-base",
  "merge-tree",
  "rev-list",
  "rev-parse",
]);
const OF_OBJECTS = /^(-.*|blob|commit|tree|\^?[0-9a-f]{40}(\.\.\.[0-9a-f]{40})?(\^\{commit\})?)$/;
const MOST_ANSWERS = 2_000;
const LONGEST_ANSWER = 256 * 1024;
const answers = new Map<string, GitResult>();

/**
 * Runs git and gives back whatever came, success or not. What full SHAs name never changes, so such an answer is given again without
 * starting git: on a small machine that took longer than all else that the forge does.
 */
export async function tryGit(args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const [gitDir = "", command = "", ...rest] = args;
  const isLasting =
    gitDir.startsWith("--git-dir=") &&
    ASKS_OBJECTS.has(command) &&
    options.input === undefined &&
    rest.every((arg) => OF_OBJECTS.test(arg));
  if (!isLasting) return startGit(args, options);
  const key = args.join("\0");
  const known = answers.get(key);
  if (known) return known;
  const answer = await startGit(args, options);
  // What failed may be about an object that comes later; only a merge says no by 1, and for good.
  const isFinal = answer.code === 0 || (answer.code === 1 && command.startsWith("merge-"));
  if (isFinal && answer.out.length <= LONGEST_ANSWER) answers.set(key, answer);
  const [oldest] = answers.keys();
  if (answers.size > MOST_ANSWERS && oldest !== undefined) answers.delete(oldest);
  return answer;
}

function startGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["-c", "safe.directory=*", "-c", "core.quotePath=false", ...args], {
      env:
        options.environment === "user"
          ? { ...process.env, GIT_TERMINAL_PROMPT: "0" }
          : gitEnvironment(options.env),
      cwd: options.cwd ?? "/",
      stdio: ["pipe", "pipe", "pipe"],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? 128, out: Buffer.concat(out), err: Buffer.concat(err).toString("utf8") }),
    );
    // git may end before it has read everything: the broken pipe is then told by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** Runs git in a bare repository; a failure is thrown. */
export async function git(
  gitDir: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<Buffer> {
  const result = await tryGit([`--git-dir=${gitDir}`, ...args], options);
  if (result.code !== 0) throw new GitError(args, result.code, result.err);
  return result.out;
}

/** The same as text, without the last line end. */
export async function gitText(
  gitDir: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<string> {
  return (await git(gitDir, args, options)).toString("utf8").replace(/\n$/, "");
}
