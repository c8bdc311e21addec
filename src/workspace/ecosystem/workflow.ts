import { parseDocument } from "yaml";
import { z } from "zod";
import type { Check } from "../../run/check.ts";
import { type Detector, proving, type RepositoryFiles } from "./ecosystem.ts";

/** What we want to know of a workflow file; all else may be as odd as it likes. */
const stepSchema = z.object({ name: z.string().optional(), run: z.string() });
const jobSchema = z.object({
  if: z.union([z.string(), z.boolean()]).optional().catch(undefined),
  services: z.record(z.string(), z.unknown()).catch({}),
  steps: z.array(z.unknown()).catch([]),
});
const workflowSchema = z.object({
  on: z.unknown().optional(),
  jobs: z.record(z.string(), z.unknown()).catch({}),
});

export interface Workflow {
  path: string;
  on: unknown;
  jobs: { name: string; services: string[]; steps: { name: string | null; run: string }[] }[];
}

/** The repository's own workflows; a file that is no workflow is left out. */
export async function readWorkflows(files: RepositoryFiles): Promise<Workflow[]> {
  const paths = files.paths.filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path)).slice(0, 50);
  const read = await Promise.all(paths.map(async (path) => readWorkflow(path, await files.read(path))));
  return read.filter((workflow) => workflow !== null);
}

function readWorkflow(path: string, text: string | null): Workflow | null {
  if (text === null) return null;
  let value: unknown;
  try {
    // Anchors are allowed in workflows; the limit keeps a few of them from unfolding to gigabytes.
    value = parseDocument(text, { version: "1.2", schema: "core" }).toJS({ maxAliasCount: 100 });
  } catch {
    return null;
  }
  const workflow = workflowSchema.safeParse(value);
  if (!workflow.success) return null;
  const jobs = Object.entries(workflow.data.jobs).flatMap(([name, job]) => {
    const read = jobSchema.safeParse(job);
    if (!read.success) return [];
    const steps = read.data.steps.flatMap((step) => {
      const { success, data } = stepSchema.safeParse(step);
      return success ? [{ name: data.name ?? null, run: data.run }] : [];
    });
    return [{ name, services: Object.keys(read.data.services), steps }];
  });
  return { path, on: workflow.data.on, jobs };
}

/** Something starts only when a draft becomes ready for review: then green on the draft is not the last word. */
export function startsWhenReady(workflows: readonly Workflow[]): boolean {
  const trigger = z.object({
    types: z.union([z.string().transform((type) => [type]), z.array(z.string())]),
  });
  return workflows.some(({ on }) =>
    ["pull_request", "pull_request_target"].some((event) => {
      const settings = typeof on === "object" && on !== null ? Reflect.get(on, event) : null;
      return trigger.safeParse(settings).data?.types.includes("ready_for_review") ?? false;
    }),
  );
}

const proves =
  /\b(test|tests|lint|check|typecheck|pytest|tox|nox|rspec|phpunit|ctest|spec|vet|clippy|mvn|gradle|gradlew|unittest|build)\b/;
const installs =
  /^(npm (ci|i|install)|pnpm (i|install)|yarn( install)?$|yarn install|pip3? install|python3? -m pip install|bundle install|composer install|poetry install|uv sync|go mod download|cargo fetch)\b/;
const unfit =
  /\$\{\{|\b(sudo|apt|apt-get|brew|docker|git push|gh|curl|wget|deploy|publish|aws|gcloud|kubectl)\b|>>\s*"?\$GITHUB_/;
const mostChecks = 4;

/** The last resort: the lines that CI itself runs, when nothing else says how the repository is checked. */
export const detectWorkflow: Detector = async (files) => {
  const workflows = await readWorkflows(files);
  const checks: Check[] = [];
  const commands: { command: string; why: string }[] = [];
  for (const { path, jobs } of workflows) {
    for (const job of jobs) {
      for (const step of job.steps) {
        for (const line of commandLines(step.run)) {
          if (unfit.test(line)) continue;
          const where = `${path} job ${job.name}`;
          if (installs.test(line)) commands.push({ command: line, why: `${where} installs with it.` });
          else if (
            proves.test(line) &&
            checks.length < mostChecks &&
            !checks.some((check) => check.command === line)
          ) {
            checks.push(proving(checkName(line, checks), line, where));
          }
        }
      }
    }
  }
  if (workflows.length === 0) return null;
  const findings = checks.map((check) => `${check.foundIn} runs \`${check.command}\`.`);
  const unique = commands.filter(
    (each, index) => commands.findIndex((other) => other.command === each.command) === index,
  );
  return { ecosystem: "workflow", checks, commands: unique.slice(0, 5), env: {}, findings };
};

/** Lines of a script, a line that ends in a backslash together with the next one. */
function commandLines(run: string): string[] {
  return run
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** A short name from the command itself: the last telling word of `npm run lint`, `go vet ./...`, `tox -e py`. */
function checkName(line: string, taken: readonly Check[]): string {
  const word =
    line.split(/\s+/).find((part) => proves.test(part) && /^[a-z][a-z0-9:_-]*$/i.test(part)) ?? "ci";
  const name = word.slice(0, 30);
  const same = taken.filter((check) => check.name === name || check.name.startsWith(`${name}-`)).length;
  return same === 0 ? name : `${name}-${same + 1}`;
}
