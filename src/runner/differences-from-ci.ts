import { z } from "zod";
import type { FailedJob } from "../run/ci-job.ts";
import { type CiDifference, compareWithCi } from "../run/compare-ci.ts";
import { groundOf } from "../run/ground.ts";
import { readWorkflows } from "../workspace/ecosystem/read-workflows.ts";
import type { Turn } from "./turn.ts";

/**
 * Green here and red there: what the failing jobs do that the checks here did not, from the workflow files below our steps, which are never
 * ours to change. Nothing is said when no check passed here, or when what failed is no job of Actions.
 */
export async function differencesFromCi(
  turn: Turn,
  jobs: readonly FailedJob[],
): Promise<{ differs?: CiDifference[] }> {
  const run = turn.run();
  const ground = groundOf(run);
  const results = [...run.baseChecks, ...run.checksAfter];
  const passed = run.checks.filter(
    ({ name }) => results.findLast((result) => result.name === name)?.status === "passed",
  );
  if (!ground || jobs.length === 0 || passed.length === 0) return {};
  const workspace = await turn.workspace(ground);
  const paths = await workspace.list();
  const read = async (path: string) => {
    const file = await workspace.read(path).catch(() => null);
    return file ? new TextDecoder().decode(file.bytes) : null;
  };
  const workflows = await readWorkflows({ paths, has: (path) => paths.includes(path), read });
  const scripts = scriptsOf(await read("package.json"));
  const commands = passed.map(({ command, foundIn }) => {
    const script = /^package\.json scripts\.(.+)$/.exec(foundIn)?.[1];
    const body = script === undefined ? undefined : scripts[script];
    return { shown: command, same: body === undefined ? [] : [body] };
  });
  const here = {
    machine: run.setupResult?.machine ?? null,
    commands,
    env: Object.keys(run.setup?.env ?? {}),
  };
  return { differs: compareWithCi(jobs, workflows, here) };
}

function scriptsOf(text: string | null): Record<string, string> {
  try {
    const schema = z.object({ scripts: z.record(z.string(), z.string()).catch({}) });
    return schema.safeParse(JSON.parse(text ?? "{}")).data?.scripts ?? {};
  } catch {
    return {};
  }
}
