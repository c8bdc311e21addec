import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Script, ScriptedToolCall } from "./model/script.ts";

/**
 * Plays the write calls of a script on a directory, without the product: this is how we prove that a script does what
 * its author says before a run depends on it. Edits must match exactly once, the strictest reading of `edit_file`.
 */
export async function rehearse(script: Script, phase: string, directory: string): Promise<void> {
  const answers = script.phases[phase];
  if (!answers) throw new Error(`The script has no phase "${phase}"`);
  for (const call of answers.flatMap((answer) => answer.toolCalls ?? [])) {
    await play(call, directory, phase);
  }
}

/** The attempts of a script in their order, and whether one replaces the attempt before it. */
export function attemptsOf(
  script: Script,
): { phase: string; step: number; attempt: number; last: boolean }[] {
  const attempts = Object.keys(script.phases).flatMap((phase) => {
    const match = /^step (\d+), attempt (\d+)$/.exec(phase);
    return match ? [{ phase, step: Number(match[1]), attempt: Number(match[2]) }] : [];
  });
  attempts.sort((one, other) => one.step - other.step || one.attempt - other.attempt);
  return attempts.map((one, index) => ({ ...one, last: attempts[index + 1]?.step !== one.step }));
}

/** Paths that the write calls of a phase touch. */
export function touchedFiles(script: Script, phase: string): string[] {
  const calls = (script.phases[phase] ?? []).flatMap((answer) => answer.toolCalls ?? []);
  return [
    ...new Set(
      calls.flatMap((call) => (writes.has(call.name) ? [pathSchema.parse(call.arguments).path] : [])),
    ),
  ];
}

const writes = new Set(["edit_file", "create_file", "delete_file"]);
const pathSchema = z.looseObject({
  path: z.string().regex(/^(?!\/)(?!.*\.\.)/, "must stay inside the directory"),
});
const editSchema = z.strictObject({
  path: z.string(),
  edits: z.array(
    z.strictObject({ old: z.string().min(1), new: z.string(), replace_all: z.boolean().nullable() }),
  ),
  check: z.string().nullable(),
});
const createSchema = z.strictObject({ path: z.string(), content: z.string(), check: z.string().nullable() });

async function play(call: ScriptedToolCall, directory: string, phase: string): Promise<void> {
  if (!writes.has(call.name)) return;
  const { path } = pathSchema.parse(call.arguments);
  const file = join(directory, path);
  if (call.name === "delete_file") return rm(file);
  if (call.name === "create_file") {
    await mkdir(dirname(file), { recursive: true });
    return writeFile(file, createSchema.parse(call.arguments).content, { flag: "wx" });
  }
  let text = await readFile(file, "utf8");
  for (const edit of editSchema.parse(call.arguments).edits) {
    const pieces = text.split(edit.old);
    if (pieces.length < 2 || (pieces.length > 2 && !edit.replace_all)) {
      throw new Error(
        `${phase}: ${path} holds this ${pieces.length - 1} times instead of once:\n${edit.old}`,
      );
    }
    text = pieces.join(edit.new);
  }
  return writeFile(file, text);
}
