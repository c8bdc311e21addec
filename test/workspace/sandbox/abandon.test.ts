import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { cacheDir, newDirectory } from "./open-sandbox.ts";

/** The command lines of processes that name the marker, other than the worker's own. */
function commandsNaming(marker: string, worker: number | undefined): string[] {
  return readdirSync("/proc").flatMap((id) => {
    if (!/^\d+$/.test(id) || [process.pid, worker].includes(Number(id))) return [];
    try {
      const line = readFileSync(`/proc/${id}/cmdline`, "utf8");
      return line.includes(marker) ? [line] : [];
    } catch {
      return []; // it has ended since the listing
    }
  });
}

test.each(["discard", "collect", "persist", "git"])(
  "a worker that is killed takes its command with it, in mode %s",
  async (mode) => {
    const directory = newDirectory();
    mkdirSync(join(directory, "workspace"));
    const marker = `abandoned-${mode}-${process.pid}-${Date.now()}`;
    const args = [
      "--import",
      "tsx",
      join(import.meta.dirname, "abandon-program.ts"),
      cacheDir,
      directory,
      mode,
      marker,
    ];
    const worker = spawn(process.execPath, args, { stdio: "inherit" });
    onTestFinished(() => void worker.kill("SIGKILL"));
    const commands = () => commandsNaming(marker, worker.pid);
    // the process that the command started in a session of its own
    while (!commands().some((line) => line.startsWith("sh\0-c\0sleep"))) {
      expect(worker.exitCode).toBeNull();
      await sleep(10);
    }
    worker.kill("SIGKILL");
    await once(worker, "exit");
    while (commands().length > 0) await sleep(10);
    expect(commands()).toEqual([]);
  },
);
