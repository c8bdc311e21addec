import { AskPerson } from "../errors.ts";
import { fence, quoteLine } from "../report/quote.ts";
import { groundOf } from "../run/ground.ts";
import { decidePath } from "../run/policy.ts";
import { createCheckRunner } from "../workspace/check.ts";
import { type Installed, installDependencies } from "../workspace/install.ts";
import { describeMachine } from "../workspace/machine.ts";
import type { Sandbox } from "../workspace/sandbox/sandbox.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { pathRules } from "./repository-rules.ts";
import type { OpenWorkbench, Turn } from "./turn.ts";

/** `cacheOf` names the package cache that belongs to this repository alone. */
export function createWorkbenches(deps: {
  sandbox: Sandbox;
  /** why the sandbox may not be used, or null when its probe held */
  sandboxProblem: string | null;
  cacheOf(installationId: number, repositoryId: number): string;
  env: Readonly<Record<string, string>>;
}): OpenWorkbench {
  return async (turn) => {
    if (deps.sandboxProblem) throw new AskPerson("sandbox", sandboxQuestion(deps.sandboxProblem));
    const run = turn.run();
    const ground = groundOf(run);
    if (!ground || !run.setup) throw new Error("A workbench is opened after triage.");
    const workspace = await turn.workspace(ground);
    const rules = await pathRules(run, turn.deps.blobs);
    const decide = (access: "read" | "write", path: string) => decidePath(access, path, rules);
    await install(turn, workspace, deps);
    const runner = createCheckRunner({
      sandbox: deps.sandbox,
      workspace,
      setup: run.setup,
      checks: run.checks,
      env: deps.env,
      decide,
      signal: turn.signal,
    });
    return {
      workspace,
      decide,
      mayRead: (path) => decide("read", path).verdict === "allow",
      runCheck: async (phase, name) => {
        const ran = await runner.run(name);
        const outputDigest = await turn.deps.blobs.put(ran.output);
        const { status, exitCode, ms } = ran;
        const result = { name, status, exitCode, ms: Math.round(ms), outputDigest };
        await turn.record({ kind: "check.ran", data: { phase, result } });
        return { result, output: ran.output, changed: ran.changed };
      },
    };
  };
}

async function install(
  turn: Turn,
  workspace: Workspace,
  deps: Parameters<typeof createWorkbenches>[0],
): Promise<void> {
  const { setup, request } = turn.run();
  const { signal } = turn;
  if (!setup) return;
  const installed = await installDependencies({
    sandbox: deps.sandbox,
    workspace,
    setup,
    cacheDir: deps.cacheOf(request.repository.installationId, request.repository.id),
    env: deps.env,
    signal,
  });
  const machine =
    installed.status === "failed"
      ? null
      : await describeMachine(deps.sandbox, { workspace, setup, env: deps.env, signal });
  const outputDigest = await turn.deps.blobs.put(installed.output);
  await turn.record({
    kind: "setup.finished",
    data: {
      status: installed.status,
      ms: Math.round(installed.ms),
      outputDigest,
      refusedHosts: [...installed.refusedHosts],
      ...(machine ? { machine } : {}),
    },
  });
  if (installed.status !== "failed") return;
  throw new AskPerson("setup_failed", setupQuestion(installed));
}

function setupQuestion({ problem, refusedHosts, output }: Installed): string {
  const parts = [
    `The dependencies could not be installed: ${quoteLine(problem ?? "it is not known why.", 400)}`,
  ];
  if (refusedHosts.length > 0) {
    const hosts = refusedHosts.slice(0, 10).map((host) => `\`${quoteLine(host)}\``);
    parts.push(
      `It asked for ${hosts.join(", ")}, which set-up may not reach. An operator who trusts such a host can allow it with FIXPOINT_REGISTRY_HOSTS.`,
    );
  }
  parts.push(
    `The end of what it printed:\n\n${fence(output.slice(-1_500), "text")}`,
    "When that is mended, comment `/agent retry`.",
  );
  return parts.join("\n\n");
}

function sandboxQuestion(problem: string): string {
  return `This worker has no sandbox that holds, so I run nothing of this repository: ${problem} An operator has to mend that; then comment \`/agent retry\`.`;
}
