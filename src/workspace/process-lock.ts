import { spawn } from "node:child_process";

/**
 * Runs `work` while this process alone holds the lock file, across all processes of this machine.
 * The kernel holds the lock (flock(1) of util-linux, which the sandbox needs too) for a child that lives as long as its input is open:
 * when we die, however suddenly, the pipe closes and the lock is free. Nothing stale is ever left behind.
 * `wait: "no"` returns `undefined` without working when somebody else holds it.
 */
export async function withProcessLock<T>(
  lockFile: string,
  options: { wait: "yes" | "no"; path: string; signal?: AbortSignal | undefined },
  work: () => Promise<T>,
): Promise<T | undefined> {
  options.signal?.throwIfAborted();
  const flags = options.wait === "no" ? ["--nonblock"] : [];
  const holder = spawn("flock", [...flags, "--exclusive", lockFile, "sh", "-c", "echo held; exec cat"], {
    env: { PATH: options.path },
    stdio: ["pipe", "pipe", "ignore"],
  });
  holder.stdin.on("error", () => undefined);
  const ended = new Promise<void>((resolve) => {
    holder.once("close", () => resolve());
    holder.once("error", () => resolve());
  });
  const abort = () => holder.kill("SIGKILL");
  options.signal?.addEventListener("abort", abort, { once: true });
  try {
    const held = await new Promise<"held" | "busy">((resolve, reject) => {
      holder.stdout.once("data", () => resolve("held"));
      holder.once("error", (error) =>
        reject(new Error(`The lock ${lockFile} needs flock of util-linux: ${error.message}`)),
      );
      holder.once("close", () => resolve("busy"));
    });
    options.signal?.throwIfAborted();
    if (held === "held") return await work();
    if (options.wait === "no") return undefined;
    throw new Error(`The lock ${lockFile} could not be taken.`);
  } finally {
    options.signal?.removeEventListener("abort", abort);
    holder.stdin.end();
    await ended;
  }
}
