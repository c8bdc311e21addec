import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { cacheDir, newDirectory } from "./open-sandbox.ts";

function processesNaming(marker: string): string[] {
  return readdirSync("/proc").filter((id) => {
    if (!/^\d+$/.test(id) || id === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${id}/cmdline`, "utf8").includes(marker);
    } catch {
      return false;
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
    const own = () => processesNaming(marker).filter((id) => id !== String(worker.pid));
    // the command's shell, and the process that it started in a session of its own
    while (!own().some((id) => readFileSync(`/proc/${id}/cmdline`, "utf8").startsWith("sh\0-c\0sleep"))) {
      expect(worker.exitCode).toBeNull();
      await sleep(10);
    }
    worker.kill("SIGKILL");
    await once(worker, "exit");
    while (own().length > 0) await sleep(10);
    expect(own()).toEqual([]);
  },
);
