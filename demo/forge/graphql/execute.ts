import { isFields } from "../fields.ts";
import { type Document, parse, type Selection, SyntaxProblem, type Value } from "./parse.ts";

/** An object of the schema: its type's name and its fields. A field is a value, or a function of its arguments. */
export type Node = { __typename: string; [field: string]: unknown };
type Field = (input: Record<string, unknown>) => unknown;

/** A refusal inside GraphQL: HTTP stays 200 and the error stands in the list. */
export class GraphqlRefusal extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type GraphqlAnswer = {
  data?: unknown;
  errors?: { type?: string; path?: (string | number)[]; message: string }[];
};

type Request = { query: string; variables: Record<string, unknown> };

const isNode = (value: unknown): value is Node => isFields(value) && typeof value["__typename"] === "string";

export async function execute(
  request: Request,
  roots: { query: Node; mutation: Node },
): Promise<GraphqlAnswer> {
  let document: Document;
  try {
    document = parse(request.query);
  } catch (error) {
    if (error instanceof SyntaxProblem) return { errors: [{ message: error.message }] };
    throw error;
  }
  const errors: NonNullable<GraphqlAnswer["errors"]> = [];

  function resolveValue(value: Value): unknown {
    switch (value.kind) {
      case "variable": {
        const fallback = document.operation.defaults[value.name];
        return value.name in request.variables
          ? request.variables[value.name]
          : fallback === undefined
            ? undefined
            : resolveValue(fallback);
      }
      case "literal":
        return value.value;
      case "list":
        return value.items.map(resolveValue);
      case "object":
        return Object.fromEntries(
          Object.entries(value.fields).map(([name, one]) => [name, resolveValue(one)]),
        );
    }
  }

  async function complete(
    value: unknown,
    selections: Selection[],
    path: (string | number)[],
  ): Promise<unknown> {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) {
      return Promise.all(value.map((item, index) => complete(item, selections, [...path, index])));
    }
    return isNode(value) ? select(value, selections, path) : value;
  }

  async function select(
    node: Node,
    selections: Selection[],
    path: (string | number)[],
  ): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const one of selections) {
      if (one.kind === "fragment") {
        const named = one.name === null ? null : document.fragments[one.name];
        const type = named?.type ?? one.type;
        // An interface such as Node fits every object.
        if (type === null || type === node.__typename || type === "Node" || type === "Actor") {
          Object.assign(found, await select(node, named?.selections ?? one.selections, path));
        }
        continue;
      }
      found[one.alias] = await resolveField(node, one, [...path, one.alias]);
    }
    return found;
  }

  async function resolveField(
    node: Node,
    field: Extract<Selection, { kind: "field" }>,
    path: (string | number)[],
  ) {
    if (!(field.name in node)) {
      errors.push({ path, message: `Field '${field.name}' doesn't exist on type '${node.__typename}'` });
      return null;
    }
    const value = node[field.name];
    const given = Object.fromEntries(
      Object.entries(field.arguments).map(([name, one]) => [name, resolveValue(one)]),
    );
    try {
      const result: unknown = typeof value === "function" ? await (value as Field)(given) : value;
      return await complete(result, field.selections, path);
    } catch (error) {
      if (!(error instanceof GraphqlRefusal)) throw error;
      errors.push({ type: error.type, path, message: error.message });
      return null;
    }
  }

  const data = await select(roots[document.operation.type], document.operation.selections, []);
  return errors.length === 0 ? { data } : { data, errors };
}
