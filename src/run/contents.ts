import type { NewEvent } from "./events.ts";

/** Names the question to the model, which is not kept. */
const kept = (name: string) => /digest$/i.test(name) && name !== "requestDigest";

/** SHA-256 (hex) of all that an event refers to and that is kept outside of the log: outputs, answers, patches, files. */
export function contentsOf({ data }: NewEvent): string[] {
  const found = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === "string" && kept(name)) found.add(member);
      else walk(member);
    }
  };
  walk(data);
  return [...found];
}
