import { spawn } from "node:child_process";
import { gitEnvironment, systemPath } from "./git-environment.ts";

interface GitOptions {
  /** bare repository of ours; nothing untrusted ever writes there */
  gitDir: string;
  workTree?: string;
  /** private index, so that two runs on one repository never meet */
  indexFile?: string;
  /** sent to the origin of `url` only, and never followed elsewhere */
  auth?: { url: string; token: string };
  input?: Uint8Array | string;
  signal?: AbortSignal;
  /** default two minutes */
  timeoutMs?: number;
}

/** Runs one git command and returns what it printed. Throws `GitFailed`. */
export type Git = (args: readonly string[], options: GitOptions) => Promise<Buffer>;

/** git ended badly; the message holds its own words, never a token (it is in the environment only). */
export class GitFailed extends Error {
  /** exit code; null when we ended it ourselves (time, size, abort) */
  readonly code: number | null;
  constructor(message: string, code: number | null) {
    super(message);
    this.name = "GitFailed";
    this.code = code;
  }
}

const defaultTimeoutMs = 120_000;
const maxOutputBytes = 256 * 1024 * 1024;

/**
 * The only way in which the product runs git.
 * `home`: an empty directory. `path`: where git is found, when not in the system's directories. `allowProtocols`: `https` unless the operator's configuration
 * says otherwise (a forge on this machine speaks `http`, a directory is `file`).
 */
export function createGit(deps: {
  home: string;
  path?: string;
  gitBinary?: string;
  allowProtocols?: readonly string[];
}): Git {
  const allowProtocols = deps.allowProtocols ?? ["https"];
  return (args, options) => {
    const env = gitEnvironment({
      ...options,
      home: deps.home,
      path: deps.path ?? systemPath,
      allowProtocols,
    });
    return runGit(deps.gitBinary ?? "git", args, env, options);
  };
}

function runGit(
  binary: string,
  args: readonly string[],
  env: Record<string, string>,
  options: GitOptions,
): Promise<Buffer> {
  options.signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    // A group of its own, so that helpers (git-remote-https, index-pack) die with it.
    const child = spawn(binary, args, {
      env,
      cwd: options.gitDir,
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let printed = 0;
    let ended: string | null = null;
    const end = (why: string) => {
      ended ??= why;
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const timer = setTimeout(() => end("took too long"), options.timeoutMs ?? defaultTimeoutMs);
    const abort = () => end("was aborted");
    options.signal?.addEventListener("abort", abort, { once: true });
    const keep = (chunks: Buffer[]) => (chunk: Buffer) => {
      printed += chunk.length;
      if (printed > maxOutputBytes) end("printed too much");
      else chunks.push(chunk);
    };
    child.stdout.on("data", keep(stdout));
    child.stderr.on("data", keep(stderr));
    // git may exit without reading its input; the exit code tells what happened, not the broken pipe.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
    const settle = (code: number | null, failure: string | null) => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
      if (code === 0 && !ended) return resolve(Buffer.concat(stdout));
      const words = failure ?? Buffer.concat(stderr).toString("utf8").trim().slice(-2_000);
      const what = `git ${args[0] ?? ""} ${ended ?? `ended with ${code}`}`;
      reject(new GitFailed(words ? `${what}: ${words}` : `${what}.`, ended ? null : code));
    };
    child.on("error", (error) => settle(null, error.message));
    child.on("close", (code) => settle(code, null));
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}
