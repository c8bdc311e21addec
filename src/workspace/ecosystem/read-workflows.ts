import { parseDocument } from "yaml";
import { z } from "zod";
import type { CiJob, CiStep, CiWorkflow } from "../../run/ci-job.ts";
import type { RepositoryFiles } from "./ecosystem.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const scalars = z
  .array(z.unknown())
  .transform((all) => all.flatMap((each) => scalar.safeParse(each).data ?? []));
const fields = z.record(z.string(), z.unknown()).catch({});
const labels = z.union([scalar.transform((one) => [one]), scalars]);

/** What we want to know of a workflow file; all else may be as odd as it likes. */
const runSchema = z.object({ name: z.string().optional(), run: z.string(), env: fields });
const usesSchema = z.object({ uses: z.string(), with: fields });
const jobSchema = z.object({
  name: z.string().optional().catch(undefined),
  "runs-on": z.union([labels, z.object({ labels }).transform((group) => group.labels)]).catch([]),
  container: z
    .union([z.string(), z.object({ image: z.string() }).transform(({ image }) => image)])
    .nullable()
    .catch(null),
  strategy: z.object({ matrix: fields }).catch({ matrix: {} }),
  env: fields,
  services: fields,
  steps: z.array(z.unknown()).catch([]),
});
const workflowSchema = z.object({
  name: z.string().optional().catch(undefined),
  on: z.unknown().optional(),
  env: fields,
  jobs: fields,
});

/** The repository's own workflows; a file that is no workflow is left out. */
export async function readWorkflows(files: RepositoryFiles): Promise<CiWorkflow[]> {
  const paths = files.paths.filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path)).slice(0, 50);
  const read = await Promise.all(
    paths.map(async (path) => readWorkflow(path, await files.read(path), files)),
  );
  return read.filter((workflow) => workflow !== null);
}

async function readWorkflow(
  path: string,
  text: string | null,
  files: RepositoryFiles,
): Promise<CiWorkflow | null> {
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
  const { name, on, env, jobs } = workflow.data;
  const found = await Promise.all(
    Object.entries(jobs).map(async ([id, job]) => readJob(id, job, Object.keys(env), files)),
  );
  return { path, name: name ?? null, on, jobs: found.filter((job) => job !== null) };
}

async function readJob(
  id: string,
  value: unknown,
  above: readonly string[],
  files: RepositoryFiles,
): Promise<CiJob | null> {
  const job = jobSchema.safeParse(value);
  if (!job.success) return null;
  const { name, container, strategy, env, services, steps } = job.data;
  return {
    id,
    name: name ?? null,
    runsOn: job.data["runs-on"],
    container,
    matrix: readMatrix(strategy.matrix),
    versions: (await Promise.all(steps.map((step) => readVersion(step, files)))).flat(),
    env: [...above, ...Object.keys(env)],
    services: Object.keys(services),
    steps: steps.flatMap(readStep),
  };
}

function readStep(value: unknown): CiStep[] {
  const { success, data } = runSchema.safeParse(value);
  return success ? [{ name: data.name ?? null, run: data.run, env: Object.keys(data.env) }] : [];
}

function readMatrix({ include, exclude: _, ...axes }: Record<string, unknown>): Record<string, string[]> {
  const added = z.array(fields).catch([]).parse(include);
  const keys = new Set([...Object.keys(axes), ...added.flatMap(Object.keys)]);
  return Object.fromEntries(
    [...keys].map((key) => {
      const own = scalars.safeParse(axes[key]).data ?? [];
      const more = added.flatMap((each) => scalar.safeParse(each[key]).data ?? []);
      return [key, [...new Set([...own, ...more])]];
    }),
  );
}

/** `actions/setup-node` and its kin, which take `node-version` or the name of a file that holds it. */
const SETS_UP = /\/setup-(node|python|go)@/;

async function readVersion(value: unknown, files: RepositoryFiles): Promise<CiJob["versions"]> {
  const step = usesSchema.safeParse(value).data;
  const tool = step && SETS_UP.exec(step.uses)?.[1];
  if (!step || tool === undefined) return [];
  const said = scalar.safeParse(step.with[`${tool}-version`]).data;
  const wanted =
    said ?? (await readVersionFile(scalar.safeParse(step.with[`${tool}-version-file`]).data, files));
  return wanted === null ? [] : [{ tool, wanted: wanted.trim() }];
}

/** `.nvmrc`, `.python-version` and so on hold nothing else; `go.mod` has a line for it. */
async function readVersionFile(path: string | undefined, files: RepositoryFiles): Promise<string | null> {
  const text = path === undefined ? null : await files.read(path.replace(/^\.\//, ""));
  return (
    /^\s*v?(\d[\d.]{0,20})\s*$/.exec(text ?? "")?.[1] ?? /^go (\d[\d.]{0,20})/m.exec(text ?? "")?.[1] ?? null
  );
}
