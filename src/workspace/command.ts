import { AskPerson } from "../errors.ts";
import type { Setup } from "../run/check.ts";
import { type Sandbox, SandboxFailure, type SandboxResult, type SandboxSpec } from "./sandbox/sandbox.ts";

/** Where the workspace and the cache appear to a command: the sandbox moves them, without one they are where they are. */
export function placesOf(
  sandbox: Sandbox,
  host: { root: string; cacheDir?: string },
  cacheAt: string | null,
): { workspace: string; cache: string | null } {
  if (sandbox.name === "none") return { workspace: host.root, cache: host.cacheDir ?? null };
  return { workspace: "/workspace", cache: cacheAt };
}

const searchPath = ":{path}";

/**
 * A command line of the repository with the environment of its set-up. `{workspace}` becomes the place of the workspace; directories that
 * the set-up puts before the search path are put there inside, since only the sandbox knows the path that it starts from.
 */
export function commandLine(
  command: string,
  setup: Setup,
  workspace: string,
): { argv: readonly string[]; env: Record<string, string> } {
  const env = Object.fromEntries(
    Object.entries(setup.env).map(([name, value]) => [name, value.replaceAll("{workspace}", workspace)]),
  );
  const { PATH: path, ...rest } = env;
  if (path === undefined || !path.endsWith(searchPath)) return { argv: ["/bin/sh", "-c", command], env };
  const first = path.slice(0, -searchPath.length);
  const script = 'PATH="$1:$PATH"; export PATH; exec /bin/sh -c "$2"';
  return { argv: ["/bin/sh", "-c", script, "sh", first, command], env: rest };
}

/** Runs it. When the sandbox itself fails, a person is asked: nothing is ever run without it. */
export async function runInSandbox(sandbox: Sandbox, spec: SandboxSpec): Promise<SandboxResult> {
  try {
    const result = await sandbox.run(spec);
    spec.signal?.throwIfAborted();
    return result;
  } catch (error) {
    if (!(error instanceof SandboxFailure)) throw error;
    throw new AskPerson(
      "sandbox",
      `The sandbox could not be set up, so I ran nothing: ${error.message} An operator has to look at the worker; then comment \`/agent retry\`.`,
      { cause: error },
    );
  }
}
