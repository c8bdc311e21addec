import { createRequire } from "node:module";

export type Payload = Record<string, unknown>;

interface Definition {
  name: string;
  examples: Payload[];
}

// Through require: as an ES module it would need an import attribute that Node 20.19 and TypeScript disagree about.
const definitions: Definition[] = createRequire(import.meta.url)("@octokit/webhooks-examples");

/** GitHub's own examples as an App would get them: most were recorded by hooks of repositories, which name no installation. */
export const examples = definitions.flatMap((definition) =>
  definition.examples.map((example) => ({
    event: definition.name,
    payload: definition.name.startsWith("installation")
      ? example
      : { ...example, installation: { id: 4242 } },
  })),
);

/** The first example of this event and action (`issues.labeled`, `status`), changed in the named places. */
export function example(name: string, changes: Payload = {}): Payload {
  const [event, action] = name.split(".");
  const found = examples.find((each) => each.event === event && each.payload["action"] === action);
  if (!found) throw new Error(`There is no example of ${name}.`);
  return merge(found.payload, changes);
}

function merge(base: Payload, changes: Payload): Payload {
  const merged: Payload = { ...base };
  for (const [key, value] of Object.entries(changes)) {
    const before = base[key];
    merged[key] = isPlain(value) && isPlain(before) ? merge(before, value) : value;
  }
  return merged;
}

function isPlain(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
