/** A reader for the part of GraphQL's query language that clients of GitHub's API use. */

export type Value =
  | { kind: "variable"; name: string }
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "list"; items: Value[] }
  | { kind: "object"; fields: Record<string, Value> };

export type Selection =
  | { kind: "field"; alias: string; name: string; arguments: Record<string, Value>; selections: Selection[] }
  | { kind: "fragment"; type: string | null; name: string | null; selections: Selection[] };

export type Document = {
  operation: { type: "query" | "mutation"; selections: Selection[]; defaults: Record<string, Value> };
  fragments: Record<string, { type: string; selections: Selection[] }>;
};

export class SyntaxProblem extends Error {}

const TOKEN =
  /\s+|,|#[^\n]*|(\.\.\.|[{}()[\]:!$=@|])|("""[\s\S]*?"""|"(?:\\.|[^"\\])*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([_A-Za-z]\w*)/y;

function tokenize(source: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(source);
    if (match === null)
      throw new SyntaxProblem(`Expected one of a token, actual: ${JSON.stringify(source[at])} at ${at}`);
    const token = match[1] ?? match[2] ?? match[3] ?? match[4];
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

export function parse(source: string): Document {
  const tokens = tokenize(source);
  let at = 0;
  const peek = () => tokens[at];
  const next = () => {
    const token = tokens[at];
    if (token === undefined) throw new SyntaxProblem("Unexpected end of document");
    at += 1;
    return token;
  };
  const accept = (token: string) => {
    if (peek() !== token) return false;
    at += 1;
    return true;
  };
  const expect = (token: string) => {
    const got = next();
    if (got !== token)
      throw new SyntaxProblem(`Expected ${JSON.stringify(token)}, actual: ${JSON.stringify(got)}`);
  };

  function value(): Value {
    const token = next();
    if (token === "$") return { kind: "variable", name: next() };
    if (token === "[") {
      const items: Value[] = [];
      while (!accept("]")) items.push(value());
      return { kind: "list", items };
    }
    if (token === "{") {
      const fields: Record<string, Value> = {};
      while (!accept("}")) {
        const name = next();
        expect(":");
        fields[name] = value();
      }
      return { kind: "object", fields };
    }
    if (token.startsWith('"""')) return { kind: "literal", value: token.slice(3, -3) };
    if (token.startsWith('"')) return { kind: "literal", value: JSON.parse(token) as string };
    if (/^-?\d/.test(token)) return { kind: "literal", value: Number(token) };
    if (token === "true" || token === "false") return { kind: "literal", value: token === "true" };
    return { kind: "literal", value: token === "null" ? null : token };
  }

  function argumentList(): Record<string, Value> {
    const found: Record<string, Value> = {};
    if (!accept("(")) return found;
    while (!accept(")")) {
      const name = next();
      expect(":");
      found[name] = value();
    }
    return found;
  }

  function selections(): Selection[] {
    const found: Selection[] = [];
    expect("{");
    while (!accept("}")) found.push(selection());
    return found;
  }

  function selection(): Selection {
    if (accept("...")) {
      if (accept("on")) return { kind: "fragment", type: next(), name: null, selections: selections() };
      if (peek() === "{") return { kind: "fragment", type: null, name: null, selections: selections() };
      return { kind: "fragment", type: null, name: next(), selections: [] };
    }
    const first = next();
    const name = accept(":") ? next() : first;
    const given = argumentList();
    return {
      kind: "field",
      alias: first,
      name,
      arguments: given,
      selections: peek() === "{" ? selections() : [],
    };
  }

  /** `($id: ID!, $n: Int = 3)`: only the defaults matter to us. */
  function variableDefaults(): Record<string, Value> {
    const defaults: Record<string, Value> = {};
    if (!accept("(")) return defaults;
    while (!accept(")")) {
      expect("$");
      const name = next();
      expect(":");
      while (["[", "]", "!"].includes(peek() ?? "") || /^[_A-Za-z]/.test(peek() ?? "")) next();
      if (accept("=")) defaults[name] = value();
    }
    return defaults;
  }

  const document: Document = { operation: { type: "query", selections: [], defaults: {} }, fragments: {} };
  while (at < tokens.length) {
    if (peek() === "{") {
      document.operation.selections = selections();
      continue;
    }
    const word = next();
    if (word === "fragment") {
      const name = next();
      expect("on");
      document.fragments[name] = { type: next(), selections: selections() };
    } else if (word === "query" || word === "mutation") {
      if (/^[_A-Za-z]/.test(peek() ?? "")) next();
      const defaults = variableDefaults();
      document.operation = { type: word, defaults, selections: selections() };
    } else throw new SyntaxProblem(`Expected an operation, actual: ${JSON.stringify(word)}`);
  }
  return document;
}
