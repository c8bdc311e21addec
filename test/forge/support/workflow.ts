import { commitByApi, type StageOptions, setStage } from "./forge.ts";

/** A repository with this workflow, after a push to a branch and after everything has run. */
export async function pushWorkflow(workflow: string, options: StageOptions = {}) {
  const stage = await setStage({
    ...options,
    files: { "a.txt": "a\n", ".github/workflows/ci.yml": workflow },
  });
  const sha = await commitByApi(stage, "work", { "a.txt": "b\n" });
  await stage.forge.settled();
  return { stage, sha, runs: () => stage.forge.inspect("acme", "lib").workflowRuns };
}

/** The conclusion of each job, by name. */
export const endsOf = (run: { jobs: { name: string; conclusion: string | null }[] } | undefined) =>
  Object.fromEntries((run?.jobs ?? []).map((job) => [job.name, job.conclusion]));

/** A workflow of one job with these steps after the checkout. */
export const jobWith = (steps: string): string =>
  `on: push\njobs:\n  only:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v5\n${steps}`;
