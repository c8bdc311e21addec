import type { Setup } from "../run/check.ts";
import type { Machine } from "../run/compare-ci.ts";
import { commandLine, placesOf, runInSandbox } from "./command.ts";
import { defaultLimits, type Sandbox } from "./sandbox/sandbox.ts";
import type { Workspace } from "./workspace.ts";

const ASKS: Readonly<Record<string, string>> = {
  node: "node --version",
  python: "python3 --version || python --version",
  go: "go version",
};
const NEEDS: Readonly<Record<string, string>> = {
  npm: "node",
  pnpm: "node",
  yarn: "node",
  python: "python",
  go: "go",
};

const LONGEST_ANSWER = 200;
const LIMITS = { ...defaultLimits, wallMs: 30_000, outputBytes: 64 * 1024 };

/** What checks run on here: this machine, and the runtimes that its sandbox offers to a repository of this kind. Asked inside, where the checks see them. */
export async function describeMachine(
  sandbox: Sandbox,
  its: {
    workspace: Workspace;
    setup: Setup;
    env: Readonly<Record<string, string>>;
    signal: AbortSignal;
  },
): Promise<Machine> {
  const { workspace, setup, env, signal } = its;
  const machine = { platform: process.platform, arch: process.arch, versions: {} };
  const tools = [...new Set(setup.ecosystems.flatMap((ecosystem) => NEEDS[ecosystem] ?? []))];
  if (tools.length === 0) return machine;
  const script = tools.map((tool) => `echo "${tool}: $( (${ASKS[tool]}) 2>/dev/null )"`).join("\n");
  const line = commandLine(script, setup, placesOf(sandbox, { root: workspace.root }, null).workspace);
  const { output } = await runInSandbox(sandbox, {
    argv: line.argv,
    workspace: workspace.root,
    mode: "discard",
    env: { ...env, ...line.env },
    readOnly: [],
    caches: [],
    network: { kind: "none" },
    limits: LIMITS,
    signal,
  });
  const versions = tools.flatMap((tool) => {
    // Cut before it is searched: what answers to the name may be a program of the repository.
    const said = output.split("\n").find((line) => line.startsWith(`${tool}: `));
    const version = /\d{1,9}(?:\.\d{1,9}){1,2}/.exec((said ?? "").slice(0, LONGEST_ANSWER))?.[0];
    return version === undefined ? [] : [[tool, version] as const];
  });
  return { ...machine, versions: Object.fromEntries(versions) };
}
