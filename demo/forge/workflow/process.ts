import { spawn } from "node:child_process";

/** One command of a step. `root` is the job's own directory: everything that the command may write lies in it. */
type StepCommand = {
  argv: [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
  root: string;
  timeoutMs: number;
  signal: AbortSignal;
};

type StepResult = { exitCode: number; output: string; ended: "exited" | "timed_out" | "cancelled" };

/** Runs the commands of steps; the forge's own way is `runDirectly`, a caller may put a sandbox in its place. */
export type RunIn = (command: StepCommand) => Promise<StepResult>;

const MAX_OUTPUT = 4 * 1024 * 1024;

/** Runs a command as a process group of its own, so that the time limit also ends what it has started. */
export const runDirectly: RunIn = (command) =>
  new Promise((resolve) => {
    const [program, ...rest] = command.argv;
    const child = spawn(program, rest, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    let size = 0;
    let ended: StepResult["ended"] = "exited";
    const keep = (chunk: Buffer) => {
      if (size < MAX_OUTPUT) chunks.push(chunk.subarray(0, MAX_OUTPUT - size));
      size += chunk.length;
    };
    const kill = (why: StepResult["ended"]) => {
      ended = why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // The group has ended by itself in the meantime.
      }
    };
    const timer = setTimeout(() => kill("timed_out"), command.timeoutMs);
    const onAbort = () => kill("cancelled");
    command.signal.addEventListener("abort", onAbort, { once: true });
    if (command.signal.aborted) onAbort();
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const finish = (exitCode: number, extra = "") => {
      clearTimeout(timer);
      command.signal.removeEventListener("abort", onAbort);
      const cut = size > MAX_OUTPUT ? `\n[output cut at ${MAX_OUTPUT} bytes]\n` : "";
      resolve({ exitCode, output: Buffer.concat(chunks).toString("utf8") + cut + extra, ended });
    };
    child.on("error", (error) => finish(127, `${error.message}\n`));
    child.on("close", (code) => finish(code ?? 137));
    // What a step leaves running must not outlive it.
    child.on("exit", () => setTimeout(() => kill(ended), 50).unref());
  });
