import { z } from "zod";
import { checkSchema } from "./check.ts";
import { autonomySchema } from "./request.ts";

const command = z
  .string({ error: "must be a command, as text." })
  .trim()
  .min(1, "must not be empty.")
  .max(2_000, "is longer than 2,000 characters.");

const count = z.int({ error: "must be a whole number." }).positive("must be greater than zero.");

const upTo = z.int({ error: "must be a whole number." }).nonnegative("must not be negative.").optional();

const hosts = z
  .array(
    z
      .string({ error: "must be a host name." })
      .toLowerCase()
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/, "must be a host name without scheme or path."),
    { error: "must be a list of host names." },
  )
  .max(50, "has more than 50 entries.");

const globs = z
  .array(
    z
      .string({ error: "must be a path pattern, as text." })
      .min(1, "must not be empty.")
      .max(300, "is too long."),
    {
      error: "must be a list of path patterns.",
    },
  )
  .max(500, "has more than 500 entries.")
  .default([]);

const names = (what: string) =>
  z
    .array(
      z
        .string({ error: `must be ${what}.` })
        .min(1, "must not be empty.")
        .max(100, "is too long."),
      {
        error: `must be a list: ${what}.`,
      },
    )
    .max(50, "has more than 50 entries.")
    .default([]);

const checkForm = z.strictObject(
  {
    run: command,
    where: z.enum(["sandbox", "ci"], { error: "must be sandbox or ci." }).default("sandbox"),
    writes: z.boolean({ error: "must be true or false." }).default(false),
  },
  { error: "must be a command, or run, where and writes, or false to drop a check that was found." },
);

/** `test: npm test` is short for `test: { run: npm test }`. */
const check = z
  .preprocess((value) => (typeof value === "string" ? { run: value } : value), checkForm)
  .refine(
    (form) => !(form.writes && form.where === "ci"),
    "a check that writes files must run in the sandbox.",
  );

const dropped = z.literal(false).transform(() => null);

const checks = z
  .record(z.string(), z.unknown(), { error: "must be a list of name: command." })
  .transform((entries, context) => {
    const read: Record<string, z.infer<typeof check> | null> = {};
    for (const [name, value] of Object.entries(entries)) {
      if (!checkSchema.shape.name.safeParse(name).success) {
        context.addIssue({
          code: "custom",
          path: [name],
          message:
            "the name of a check is 1 to 40 letters, digits, :, _ or -, and begins with a letter or digit.",
        });
      }
      const result = value === false ? dropped.safeParse(value) : check.safeParse(value);
      if (result.success) read[name] = result.data;
      else {
        for (const { path, message, ...issue } of result.error.issues) {
          const keys = "keys" in issue ? issue.keys.map((key) => [name, ...path, key]) : [[name, ...path]];
          for (const at of keys) {
            context.addIssue({
              code: "custom",
              path: at,
              message: "keys" in issue ? "there is no such setting." : message,
            });
          }
        }
      }
    }
    return read;
  });

const limits = z.strictObject(
  {
    budgetUsd: z
      .number({ error: "must be an amount in US dollars." })
      .positive("must be greater than zero.")
      .optional(),
    steps: count.max(7, "must be 7 at most.").optional(),
    turnsPerStep: count.optional(),
    attemptsPerStep: count.optional(),
    repairs: upTo,
    revisions: upTo,
    filesTouched: count.optional(),
    diffLines: count.optional(),
  },
  { error: "must be a list of name: number." },
);

const setup = z.strictObject(
  {
    run: z
      .preprocess(
        (value) => (typeof value === "string" ? [value] : value),
        z
          .array(command, { error: "must be a command or a list of commands." })
          .max(20, "has more than 20 entries."),
      )
      .optional(),
    hosts: hosts.optional(),
  },
  { error: "must hold run, hosts or both." },
);

/** What a repository may say about itself in `.github/fixpoint.yml` on its base branch. It can narrow what the operator allows, never widen it. */
export const repositoryConfigSchema = z.strictObject(
  {
    version: z.literal(1, { error: "must be 1; write version: 1." }),
    autonomy: z
      .enum(autonomySchema.options, { error: `must be one of ${autonomySchema.options.join(", ")}.` })
      .optional(),
    setup: setup.optional(),
    checks: checks.default({}),
    limits: limits.default({}),
    paths: z
      .strictObject({ deny: globs, ask: globs, private: globs }, { error: "must hold deny, ask or private." })
      .prefault({}),
    commits: z
      .strictObject(
        {
          convention: z
            .enum(["plain", "conventional"], { error: "must be plain or conventional." })
            .default("plain"),
          signOff: z
            .string({ error: "must be text." })
            .regex(
              /^[^<>\r\n]{1,100} <[^<>\s@]{1,100}@[^<>\s@]{1,100}>$/,
              "must look like Name <name@example.org>.",
            )
            .nullable()
            .default(null),
        },
        { error: "must hold convention or signOff." },
      )
      .prefault({}),
    pullRequest: z
      .strictObject(
        { reviewers: names("logins of people or team names"), labels: names("names of labels") },
        { error: "must hold reviewers or labels." },
      )
      .prefault({}),
  },
  { error: "must be a list of settings, beginning with version: 1." },
);

export type RepositoryConfig = z.infer<typeof repositoryConfigSchema>;
