import { z } from "zod";
import type { Check } from "../../run/check.ts";
import type { CiWorkflow } from "../../run/ci-job.ts";
import { commandLines, installs } from "../../run/command-lines.ts";
import { type Detector, proving } from "./ecosystem.ts";
import { readWorkflows } from "./read-workflows.ts";

/** Something starts only when a draft becomes ready for review: then green on the draft is not the last word. */
export function startsWhenReady(workflows: readonly CiWorkflow[]): boolean {
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
          const where = `${path} job ${job.id}`;
          if (installs(line)) commands.push({ command: line, why: `${where} installs with it.` });
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

/** A short name from the command itself: the last telling word of `npm run lint`, `go vet ./...`, `tox -e py`. */
function checkName(line: string, taken: readonly Check[]): string {
  const word =
    line.split(/\s+/).find((part) => proves.test(part) && /^[a-z][a-z0-9:_-]*$/i.test(part)) ?? "ci";
  const name = word.slice(0, 30);
  const same = taken.filter((check) => check.name === name || check.name.startsWith(`${name}-`)).length;
  return same === 0 ? name : `${name}-${same + 1}`;
}
