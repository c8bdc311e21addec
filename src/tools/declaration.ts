import { z } from "zod";
import type { Tool } from "./tool.ts";

/** What a provider is told about a tool. The same bytes each time, so that its prompt cache hits. */
export interface Declaration {
  name: string;
  description: string;
  parameters: Record<string, unknown>;
}

/**
 * Keywords that strict function schemas know (all properties required, none additional). Lengths and ranges are not among them
 * everywhere, cost tokens, and are checked by our own reading of the arguments anyway.
 */
const kept = new Set([
  "type",
  "properties",
  "required",
  "additionalProperties",
  "items",
  "enum",
  "description",
]);

export function declarationOf(tool: Tool): Declaration {
  const schema: unknown = z.toJSONSchema(tool.input, { target: "draft-7" });
  return { name: tool.name, description: tool.description, parameters: strictSchema(schema) };
}

function strictSchema(schema: unknown): Record<string, unknown> {
  if (!isRecord(schema)) throw new TypeError("A tool's input must be a plain JSON Schema.");
  const merged = isNullable(schema) ? nullable(schema) : schema;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(merged)) {
    if (!kept.has(key)) continue;
    if (key === "properties" && isRecord(value)) {
      result[key] = Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, strictSchema(inner)]),
      );
    } else result[key] = key === "items" ? strictSchema(value) : value;
  }
  return result;
}

function isNullable(schema: Record<string, unknown>): boolean {
  return Array.isArray(schema["anyOf"]);
}

/** `anyOf: [{type: T}, {type: null}]` in fewer tokens: `type: [T, "null"]`. */
function nullable(schema: Record<string, unknown>): Record<string, unknown> {
  const choices = Array.isArray(schema["anyOf"]) ? schema["anyOf"].filter(isRecord) : [];
  const [some, none] = choices;
  if (choices.length !== 2 || !some || none?.["type"] !== "null") {
    throw new TypeError("A tool's input may only use a choice for a value that can be null.");
  }
  return { ...some, ...schema, type: [some["type"], "null"] };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
