import { Refusal } from "./refusal.ts";

/** A JSON object from outside: nothing is known about its fields until they are read. */
export type Fields = { readonly [key: string]: unknown };

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const asFields = (value: unknown): Fields => (isFields(value) ? value : {});

function wrongType(key: string, value: unknown, wanted: string): Refusal {
  const shown = value === null ? "nil" : JSON.stringify(value);
  return new Refusal(422, {
    message: `Invalid request.\n\nFor 'properties/${key}', ${shown} is not ${wanted}.`,
  });
}

/** A string that must be there. */
export function text(body: Fields, key: string): string {
  const value = body[key];
  if (value === undefined)
    throw new Refusal(422, { message: `Invalid request.\n\n"${key}" wasn't supplied.` });
  if (typeof value !== "string") throw wrongType(key, value, "a string");
  return value;
}

/** A string, null, or undefined when it was not sent at all. */
export function optionalText(body: Fields, key: string): string | null | undefined {
  const value = body[key];
  if (value === undefined || value === null || typeof value === "string") return value;
  throw wrongType(key, value, "a string or null");
}

/** A string where null and "not sent" mean the same. */
export const textOrNull = (body: Fields, key: string): string | null => optionalText(body, key) ?? null;

export function flag(body: Fields, key: string): boolean | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrongType(key, value, "a boolean");
  return value;
}

export function integer(body: Fields, key: string): number | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) throw wrongType(key, value, "an integer");
  return value;
}

export function list(body: Fields, key: string): readonly unknown[] | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrongType(key, value, "an array");
  return value;
}

export function texts(body: Fields, key: string): string[] | undefined {
  return list(body, key)?.map((item) => {
    if (typeof item !== "string") throw wrongType(key, item, "a string");
    return item;
  });
}

export function objects(body: Fields, key: string): Fields[] | undefined {
  return list(body, key)?.map((item) => {
    if (!isFields(item)) throw wrongType(key, item, "an object");
    return item;
  });
}

/** A time in ISO 8601, or undefined. */
export function time(body: Fields, key: string): Date | undefined {
  const value = optionalText(body, key);
  if (value === undefined || value === null) return undefined;
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) throw wrongType(key, value, "a date-time");
  return at;
}
