import { z } from "zod";
import { declarationOf } from "./declaration.ts";
import type { Tool } from "./tool.ts";

/** The arguments as the tool wants them, or what is wrong with them, said to the model. */
export type ReadArguments = { ok: true; value: unknown } | { ok: false; problem: string };

/**
 * Strict about meaning, lenient about form: a missing value is null, a number may come as text, a list as the JSON text of one.
 * Fields that nobody asked for are an error, since the model meant something by them.
 */
export function readArguments(tool: Tool, argumentsText: string): ReadArguments {
  const parsed = parseJson(argumentsText);
  if ("problem" in parsed)
    return { ok: false, problem: `The arguments of ${tool.name} are not JSON: ${parsed.problem}.` };
  if (typeof parsed.value !== "object" || parsed.value === null || Array.isArray(parsed.value)) {
    return { ok: false, problem: `The arguments of ${tool.name} must be one JSON object.` };
  }
  const checked = tool.input.safeParse(adapt(parsed.value, declarationOf(tool).parameters));
  if (checked.success) return { ok: true, value: checked.data };
  const lines = checked.error.issues.map(
    (issue) =>
      `- ${issue.path.join(".") || "arguments"}: ${issue.message.replace(/^Invalid input: expected (\w+), received undefined$/, "is missing (a $1)")}`,
  );
  return { ok: false, problem: `The arguments of ${tool.name} do not fit:\n${lines.join("\n")}` };
}

function parseJson(text: string): { value: unknown } | { problem: string } {
  if (text.trim() === "") return { value: {} };
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const repaired = repair(text);
    if (repaired !== null) return repaired;
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    return { problem: at === undefined ? "they break off" : `they go wrong at character ${at}` };
  }
}

/** The two mistakes that models make most: a fence around the object, and line breaks inside a string that are not escaped. */
function repair(text: string): { value: unknown } | null {
  const bare = text
    .trim()
    .replace(/^```(?:json)?\s*/, "")
    .replace(/\s*```$/, "");
  const escaped = bare.replace(/"(?:[^"\\]|\\.)*"/gs, (string) =>
    string.replace(/\n/g, "\\n").replace(/\r/g, "\\r").replace(/\t/g, "\\t"),
  );
  try {
    return { value: JSON.parse(escaped) };
  } catch {
    return null;
  }
}

const node = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

function adapt(value: unknown, schema: unknown): unknown {
  const { type, properties, items } = node.parse(schema);
  const types = typeof type === "string" ? [type] : (type ?? []);
  if (value === undefined) return types.includes("null") ? null : undefined;
  if (typeof value === "string") return fitText(value, types, items);
  if (Array.isArray(value)) return items === undefined ? value : value.map((item) => adapt(item, items));
  if (typeof value === "object" && value !== null && properties) {
    const fitted = Object.entries(properties).map(
      ([name, inner]) => [name, adapt(Reflect.get(value, name), inner)] as const,
    );
    return { ...value, ...Object.fromEntries(fitted.filter(([, inner]) => inner !== undefined)) };
  }
  return value;
}

function fitText(value: string, types: readonly string[], items: unknown): unknown {
  if (types.includes("string")) return value;
  const text = value.trim();
  if (types.includes("null") && (text === "" || text === "null")) return null;
  if ((types.includes("integer") || types.includes("number")) && /^-?\d+$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  if (types.includes("array") && text.startsWith("[")) {
    const parsed = parseJson(text);
    if ("value" in parsed && Array.isArray(parsed.value))
      return parsed.value.map((item) => adapt(item, items ?? {}));
  }
  return value;
}
