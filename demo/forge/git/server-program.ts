import { spawn } from "node:child_process";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { gitEnvironment } from "./run.ts";

export type Service = "git-upload-pack" | "git-receive-pack";

export type RunningService = { output: Readable; ended: Promise<number | null>; kill: () => void };

/** The protocol version that the client asks for travels in a header of its own. */
function protocolOf(request: IncomingMessage): Record<string, string> {
  const version = request.headers["git-protocol"];
  return typeof version === "string" && /^[\w=:.-]+$/.test(version) ? { GIT_PROTOCOL: version } : {};
}

/** Starts one of git's two server programs in its stateless form and feeds it the body of the request. */
export function startService(
  request: IncomingMessage,
  gitDir: string,
  service: Service,
  options: { advertise?: boolean; env?: Record<string, string> },
): RunningService {
  const flags = options.advertise === true ? ["--stateless-rpc", "--advertise-refs"] : ["--stateless-rpc"];
  const child = spawn("git", ["-c", "safe.directory=*", service.slice("git-".length), ...flags, gitDir], {
    env: gitEnvironment({ ...protocolOf(request), ...options.env }),
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stderr.resume();
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", resolve);
    child.once("error", () => resolve(null));
  });
  if (options.advertise === true) child.stdin.end();
  else {
    // Bodies come gzipped when they are long. git may stop reading early; its exit code tells.
    const isGzip = request.headers["content-encoding"] === "gzip";
    const fed = isGzip ? pipeline(request, createGunzip(), child.stdin) : pipeline(request, child.stdin);
    fed.catch(() => child.kill());
  }
  return { output: child.stdout, ended, kill: () => void child.kill() };
}
