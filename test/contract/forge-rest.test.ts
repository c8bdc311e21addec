import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { createReader } from "./forge-story/schema.ts";
import { type Answered, tellStory } from "./forge-story/tell.ts";

type Schema = { [key: string]: unknown };
type Description = {
  source: string;
  operations: Record<string, Record<string, Schema | null>>;
  components: { schemas: Record<string, Schema> };
};

const description = JSON.parse(
  readFileSync(new URL("./schemas/github-rest.json", import.meta.url), "utf8"),
) as Description;

/**
 * Where the description itself is wrong: it asks the account of a listed installation to be a user and an enterprise at once, which no
 * account is. The single installation is described as either.
 */
description.operations["GET /app/installations"] = {
  "200": { type: "array", items: { $ref: "#/components/schemas/installation" } },
};

/** `GET /repos/{owner}/{repo}/git/ref/{ref}` as an expression over paths; a more special one stands before a more general one. */
const templates = Object.keys(description.operations)
  .map((endpoint) => {
    const [method = "", template = ""] = endpoint.split(" ");
    return {
      endpoint,
      method,
      pattern: new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`),
      holes: template.split("{").length,
    };
  })
  .sort((a, b) => a.holes - b.holes);

const endpointOf = ({ method, path }: Answered) =>
  templates.find(
    (one) => one.method === method && one.pattern.test(path.replace(/^\/repositories\/\d+/, "/repos/o/r")),
  )?.endpoint ?? null;

describe(`the forge's REST answers, held against GitHub's own description (${description.source})`, () => {
  const answered = new Map<string, Answered[]>();
  const strangers: string[] = [];
  beforeAll(async () => {
    for (const answer of (await tellStory()).answers) {
      const endpoint = endpointOf(answer);
      if (endpoint === null) strangers.push(`${answer.method} ${answer.path}`);
      else answered.set(endpoint, [...(answered.get(endpoint) ?? []), answer]);
    }
  }, 120_000);

  const endpoints = Object.keys(description.operations);
  const readers = { open: createReader(description, "open"), closed: createReader(description, "closed") };

  /** Everything wrong with the answers of one endpoint, in words. */
  function faultsOf(endpoint: string, how: "open" | "closed"): string[] {
    const documented = description.operations[endpoint] ?? {};
    return (answered.get(endpoint) ?? []).flatMap(({ status, body }) => {
      // Refusals carry a `status` that GitHub sends and describes only in part.
      if (how === "closed" && status >= 300) return [];
      // GitHub does not list every refusal at every endpoint; a refusal then has the shape of all refusals.
      const schema =
        documented[String(status)] ?? (status >= 300 ? { $ref: "#/components/schemas/basic-error" } : null);
      if (schema === null) return String(status) in documented ? [] : [`${status} is not documented`];
      return [...new Set(readers[how](schema)(body))].map((fault) => `${status}: ${fault}`);
    });
  }

  it.each(endpoints)("%s is walked, and its answers have GitHub's shape", (endpoint) => {
    expect(answered.get(endpoint)?.some(({ status }) => status < 300)).toBe(true);
    expect(faultsOf(endpoint, "open").join("\n")).toBe("");
  });

  it.each(endpoints)("%s answers with no field that GitHub does not document", (endpoint) => {
    expect(faultsOf(endpoint, "closed").join("\n")).toBe("");
  });

  it("notices a field that is missing, one that is foreign, and one of the wrong type", () => {
    const [label] = (answered.get("GET /repos/{owner}/{repo}/labels/{name}") ?? []).map(
      ({ body }) => body as Schema,
    );
    const schema = { $ref: "#/components/schemas/label" };
    const { color: _, ...colourless } = label ?? {};
    expect([
      readers.closed(schema)(label),
      readers.open(schema)(colourless),
      readers.closed(schema)({ ...label, shade: "dark" }),
      readers.open(schema)({ ...label, id: "7" }),
    ]).toEqual([
      [],
      [` must have required property 'color' {"missingProperty":"color"}`],
      [` must NOT have additional properties {"additionalProperty":"shade"}`],
      [`/id must be integer {"type":"integer"}`],
    ]);
  });

  it("walks nothing that GitHub does not document", () => {
    expect(
      [...new Set(strangers)].filter((one) => !one.includes("/_logs/") && !/\/(logs|graphql)$/.test(one)),
    ).toEqual([]);
  });
});
