import { readFile } from "node:fs/promises";
import { z } from "zod";
import { BadConfiguration } from "../../src/errors.ts";

/** What a person writes down for the scripted model: see docs/scripts.md for the whole format. */
const toolCallSchema = z.strictObject({
  name: z.string().min(1),
  // A string is sent exactly as written, so that a script can also play a model that answers with broken JSON.
  arguments: z.union([z.record(z.string(), z.unknown()), z.string()]),
});

const tokens = z.int().min(0);

const usageSchema = z
  .strictObject({ input: tokens, cached: tokens, output: tokens })
  .refine((usage) => usage.cached <= usage.input, {
    path: ["cached"],
    message: "must not be above input: cached tokens are a part of the input tokens",
  });

const answerSchema = z
  .strictObject({
    text: z.string().optional(),
    toolCalls: z.array(toolCallSchema).optional(),
    usage: usageSchema.optional(),
  })
  .refine((answer) => Boolean(answer.text) || (answer.toolCalls ?? []).length > 0, {
    message: "must hold a text or at least one tool call",
  });

const scriptSchema = z.strictObject({
  version: z.literal(1),
  model: z.string().min(1),
  /** Milliseconds that every answer takes. */
  latencyMs: z.int().min(0).max(60_000).default(0),
  phases: z
    .record(z.string(), z.array(answerSchema).min(1, "must hold at least one answer"))
    .refine((phases) => Object.keys(phases).length > 0, { message: "must hold at least one phase" }),
});

export type ScriptedToolCall = z.output<typeof toolCallSchema>;
export type ScriptedAnswer = z.output<typeof answerSchema>;
export type Script = z.output<typeof scriptSchema>;

/** The script cannot be used. `mistakes` holds every fault, each as `<JSON path>: <what is wrong>`. */
export class ScriptError extends BadConfiguration {
  readonly mistakes: readonly string[];
  constructor(name: string, mistakes: readonly string[]) {
    super([`${name} is not a usable script:`, ...mistakes.map((mistake) => `  ${mistake}`)]);
    this.name = "ScriptError";
    this.mistakes = mistakes;
  }
}

/** Reads a script from its JSON text. Throws a ScriptError that names all mistakes at once. */
export function parseScript(text: string, name = "The script"): Script {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ScriptError(name, [
      `$: is not JSON: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
  const result = scriptSchema.safeParse(value);
  const mistakes = [...(result.error?.issues ?? []).flatMap(describeIssue), ...badPhaseNames(value)];
  if (result.data && mistakes.length === 0) return result.data;
  throw new ScriptError(name, mistakes);
}

/** The same from a file. A file that cannot be read is a ScriptError too, because the cure is the same: mend the argument. */
export async function loadScript(file: string): Promise<Script> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ScriptError(file, [
      `$: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  });
  return parseScript(text, file);
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  if (issue.code !== "unrecognized_keys") return [`${jsonPath(issue.path)}: ${issue.message}`];
  return issue.keys.map((key) => `${jsonPath([...issue.path, key])}: is not a field of the format`);
}

/** Apart from the schema, because zod looks no further into an entry whose key it refused. */
function badPhaseNames(value: unknown): string[] {
  const phases =
    z.looseObject({ phases: z.record(z.string(), z.unknown()) }).safeParse(value).data?.phases ?? {};
  return Object.keys(phases)
    .filter((name) => !/^\S(.*\S)?$/.test(name))
    .map((name) => `${jsonPath(["phases", name])}: a phase name is one line without space at its ends`);
}

function jsonPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((sofar, part) => {
    if (typeof part === "number") return `${sofar}[${part}]`;
    const name = String(part);
    return /^[A-Za-z_$][\w$]*$/.test(name) ? `${sofar}.${name}` : `${sofar}[${JSON.stringify(name)}]`;
  }, "$");
}
