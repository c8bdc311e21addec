import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Makes a directory a repository with one commit on `main`. Nobody's git configuration and no clock has a say in it, so the same files always
 * give the same commit. Returns its SHA.
 */
export async function putUnderGit(directory: string, message: string): Promise<string> {
  const env = {
    PATH: process.env["PATH"],
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_DATE: "2024-01-01T00:00:00Z",
    GIT_COMMITTER_DATE: "2024-01-01T00:00:00Z",
  };
  const identity = ["-c", "user.name=Fixpoint demo", "-c", "user.email=demo@fixpoint.invalid"];
  const git = (...args: string[]) =>
    run("git", [...identity, ...args], { cwd: directory, env, maxBuffer: 2 ** 26 });
  await git("init", "--quiet", "--initial-branch=main");
  // A file that the package ships is wanted even where its own .gitignore names it (built files, for example).
  await git("add", "--all", "--force", "--", ".");
  await git("commit", "--quiet", "--message", message);
  return (await git("rev-parse", "HEAD")).stdout.trim();
}
