import { z } from "zod";

/**
 * A check is a named command of the repository: the only commands that ever run, and never of the model's making.
 * `proves` tells good from bad by its exit code; `writes` is meant to change files (a formatter, a generator);
 * a check that only CI can run (services, secrets) is left to CI and the report says so.
 */
export const checkSchema = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9:_-]{0,39}$/i),
  /** run by `/bin/sh -c` inside the sandbox, at the root of the workspace */
  command: z.string().min(1).max(2_000),
  purpose: z.enum(["proves", "writes"]),
  where: z.enum(["sandbox", "ci_only"]),
  /** why we believe in it: `package.json scripts.test`, `.github/fixpoint.yml checks.test` … */
  foundIn: z.string(),
});
export type Check = z.infer<typeof checkSchema>;

/** How the repository is made ready once for a run: commands that may reach the named registries, and nothing else. */
export const setupSchema = z.object({
  /** `npm`, `pnpm`, `yarn`, `python`, `go`, `rust`, `make`, `none`; several when the repository mixes them */
  ecosystems: z.array(z.string()),
  commands: z.array(z.object({ command: z.string(), why: z.string() })),
  /** registry hosts that the commands may reach, through the egress proxy */
  hosts: z.array(z.string()),
  /** environment of set-up and checks */
  env: z.record(z.string(), z.string()),
  /** directories of the repository's own package cache, kept between runs; mounted at this path in the sandbox */
  cacheAt: z.string().nullable(),
  /** one sentence for each thing found, for the plan and the log */
  findings: z.array(z.string()),
});
export type Setup = z.infer<typeof setupSchema>;

export const checkResultSchema = z.object({
  name: z.string(),
  status: z.enum(["passed", "failed", "timed_out", "not_run"]),
  exitCode: z.int().nullable(),
  ms: z.int().nonnegative(),
  /** SHA-256 of the captured output, a blob in the journal */
  outputDigest: z.string(),
});
export type CheckResult = z.infer<typeof checkResultSchema>;
