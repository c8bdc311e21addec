import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createGit } from "../../src/workspace/git.ts";
import { createWorkspaces, type WorkspaceSpec } from "../../src/workspace/open-workspace.ts";

type Content = string | Uint8Array | { link: string } | { script: string };

/** A real upstream repository in a temporary directory, and the product's own workspaces over it. */
export async function localRepository(files: Record<string, Content>) {
  const home = await mkdtemp(join(tmpdir(), "fixpoint-workspace-"));
  const upstream = join(home, "upstream");
  await mkdir(upstream);
  const run = (...args: string[]) =>
    execFileSync("git", ["-C", upstream, "-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: home, GIT_CONFIG_NOSYSTEM: "1" },
    }).trim();
  run("init", "--quiet", "--initial-branch=main");
  const commit = async (changes: Record<string, Content | null>) => {
    for (const [path, content] of Object.entries(changes)) await put(join(upstream, path), content);
    run("add", "--all", "--force");
    run("commit", "--quiet", "--allow-empty", "--message", "a commit");
    return run("rev-parse", "HEAD");
  };
  const sha = await commit(files);
  await mkdir(join(home, "git-home"));
  const git = createGit({ home: join(home, "git-home"), allowProtocols: ["file"] });
  const workspaces = createWorkspaces({ cacheDir: join(home, "cache"), workDir: join(home, "work"), git });
  const spec = (overrides: Partial<WorkspaceSpec> = {}): WorkspaceSpec => ({
    runId: "run_7_1_1",
    remote: { url: `file://${upstream}` },
    installationId: 3,
    repositoryId: 7,
    sha,
    branch: "main",
    ...overrides,
  });
  return {
    home,
    upstream,
    sha,
    git,
    run,
    commit,
    spec,
    workspaces,
    open: (overrides: Partial<WorkspaceSpec> = {}) => workspaces.open(spec(overrides)),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

export type LocalRepository = Awaited<ReturnType<typeof localRepository>>;

async function put(path: string, content: Content | null): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (content === null) return;
  await mkdir(dirname(path), { recursive: true });
  if (typeof content === "string" || content instanceof Uint8Array) return writeFile(path, content);
  if ("link" in content) return symlink(content.link, path);
  await writeFile(path, content.script);
  await chmod(path, 0o755);
}

export const bytes = (text: string) => new TextEncoder().encode(text);
export const text = (content: Uint8Array | undefined) => Buffer.from(content ?? []).toString("utf8");
