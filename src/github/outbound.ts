import { AskPerson } from "../errors.ts";
import type { Redactor } from "../report/redact.ts";

/** What belongs to the call and not to what is said. */
const callKeys = new Set(["method", "url", "baseUrl", "headers", "mediaType", "request", "owner", "repo"]);

/** File content may not be changed on its way, or the published tree would not be the one that was checked. */
const contentRoutes = [/\/git\/blobs$/, /\/git\/trees$/];

/** The same call with every string in it redacted. A file that carries one of our own secrets is refused whole. */
export function cleaned<T extends { url: string }>(options: T, redactor: Redactor): T {
  const isContent = contentRoutes.some((route) => route.test(options.url));
  const clean = isContent ? refusing(redactor) : redactor.redact;
  const entries = Object.entries(options).map(([key, value]) => [
    key,
    callKeys.has(key) ? value : walk(value, clean),
  ]);
  return Object.fromEntries(entries) as T;
}

function refusing(redactor: Redactor): (text: string) => string {
  return (text) => {
    if (!redactor.find(text).some((finding) => finding.net === "known")) return text;
    throw new AskPerson(
      "policy",
      "A file of the change carries a secret of this installation, so it was not published. Look at the change, rotate the secret, then comment `/agent retry`.",
    );
  };
}

function walk(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === "string") return clean(value);
  if (Array.isArray(value)) return value.map((item) => walk(item, clean));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, walk(inner, clean)]));
}
