import { cp, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neverCollected } from "./layer.ts";
import { limitBehindFailure } from "./limits.ts";
import {
  type LayerChange,
  type Sandbox,
  SandboxFailure,
  type SandboxResult,
  type SandboxSpec,
} from "./sandbox.ts";
import { spawn } from "./spawn.ts";
import { createWatch } from "./watch.ts";

/**
 * No sandbox: commands of a repository run as the worker's own user, with its network and its files. It exists for machines
 * where bubblewrap cannot be had, only by two explicit settings, which the configuration checks, and never in production.
 * Only the environment is kept from the command, and the workspace from being changed by a check: that runs in a copy.
 */
export function createNoSandbox(deps: { acknowledged: true; log?: (line: string) => void }): Sandbox {
  return {
    name: "none",
    probe: async () => ({
      ok: deps.acknowledged,
      findings: [
        {
          attack: "anything",
          outcome: "broken",
          detail:
            "The sandbox is switched off by two settings: commands of repositories can do all that this user can.",
        },
      ],
    }),
    async run(spec) {
      deps.log?.(`The sandbox is switched off: running ${JSON.stringify(spec.argv)} without any protection.`);
      if (spec.git) throw new SandboxFailure("A synthetic .git can only be shown by the bubblewrap sandbox.");
      if (spec.mode === "persist") return runIn(spec, spec.workspace);
      const scratch = await mkdtemp(join(tmpdir(), "fixpoint-workspace-"));
      try {
        const copy = join(scratch, "workspace");
        await cp(spec.workspace, copy, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
        const result = await runIn(spec, copy);
        return spec.mode === "collect" && result.code !== null
          ? { ...result, changes: await compare(spec.workspace, copy) }
          : result;
      } finally {
        await rm(scratch, { recursive: true, force: true });
      }
    },
  };
}

async function runIn(spec: SandboxSpec, directory: string): Promise<SandboxResult> {
  const moved = (text: string) => text.replaceAll(spec.workspace, directory);
  const { ended, ...seen } = await spawn({
    argv: spec.argv.map(moved),
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: tmpdir(),
      LANG: "C.UTF-8",
      CI: "1",
      ...Object.fromEntries(Object.entries(spec.env).map(([name, value]) => [name, moved(value)])),
    },
    cwd: join(directory, spec.cwd ?? "."),
    wallMs: spec.limits.wallMs,
    outputBytes: spec.limits.outputBytes,
    ...(spec.signal ? { signal: spec.signal } : {}),
    watch: createWatch(spec.limits, directory),
  });
  const limit = ended ?? limitBehindFailure(seen.code, seen.output);
  return { ...seen, ...(limit ? { limit } : {}) };
}

/** What differs between the workspace and the copy that a command ran in, as a layer would have told it. */
async function compare(before: string, after: string): Promise<LayerChange[]> {
  const [old, now] = [await listFiles(before), await listFiles(after)];
  const written = await Promise.all(
    now.map(async (path): Promise<LayerChange[]> => {
      const [content, facts] = [await readFile(join(after, path)), await stat(join(after, path))];
      const executable = (facts.mode & 0o100) !== 0;
      if (old.includes(path)) {
        const wasExecutable = ((await stat(join(before, path))).mode & 0o100) !== 0;
        if (wasExecutable === executable && content.equals(await readFile(join(before, path)))) return [];
      }
      return [{ path, kind: "write", content, executable }];
    }),
  );
  const deleted = old
    .filter((path) => !now.includes(path))
    .map((path): LayerChange => ({ path, kind: "delete" }));
  return [...written.flat(), ...deleted].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function listFiles(root: string, directory = ""): Promise<string[]> {
  const entries = await readdir(join(root, directory), { withFileTypes: true });
  const lists = entries
    .filter((entry) => !neverCollected.some((name) => name === entry.name))
    .map(async (entry) => {
      const path = directory === "" ? entry.name : `${directory}/${entry.name}`;
      if (entry.isDirectory()) return listFiles(root, path);
      return entry.isFile() ? [path] : [];
    });
  return (await Promise.all(lists)).flat();
}
