import { WorkflowProblem } from "./problem.ts";

/** GitHub's expression language: what stands in `if:` and between `${{` and `}}`. */

export type Contexts = Record<string, unknown>;
/** What has happened so far, for `success()` and its siblings. */
export type Outcome = "success" | "failure" | "cancelled" | "skipped";

const TOKEN = /\s+|(\d+(?:\.\d+)?)|('(?:[^']|'')*')|(&&|\|\||==|!=|<=|>=|[<>!()[\].,*])|([A-Za-z_][\w-]*)/y;

type Token = { kind: "number" | "text" | "sign" | "name"; text: string };

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const match = TOKEN.exec(source);
    if (match === null) throw new WorkflowProblem(`This runner cannot read the expression "${source}".`);
    const [, number, text, sign, name] = match;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (text !== undefined) tokens.push({ kind: "text", text: text.slice(1, -1).replaceAll("''", "'") });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
  }
  return tokens;
}

const truthy = (value: unknown): boolean =>
  !(value === null || value === undefined || value === false || value === 0 || value === "");

const asNumber = (value: unknown): number => {
  if (value === null || value === undefined || value === "") return 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
};

/** GitHub compares texts without regard to case, and unlike types as numbers. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a === "string" && typeof b === "string") return a.toLowerCase() === b.toLowerCase();
  if (typeof a === typeof b && typeof a !== "object") return a === b;
  if ((a ?? null) === null && (b ?? null) === null) return true;
  return asNumber(a) === asNumber(b);
}

const asText = (value: unknown): string => {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};

const FUNCTIONS: Record<string, (given: unknown[], outcome: Outcome) => unknown> = {
  always: () => true,
  success: (_, outcome) => outcome === "success",
  failure: (_, outcome) => outcome === "failure",
  cancelled: (_, outcome) => outcome === "cancelled",
  contains: ([where, what]) =>
    Array.isArray(where)
      ? where.some((one) => equal(one, what))
      : asText(where).toLowerCase().includes(asText(what).toLowerCase()),
  startswith: ([text, start]) => asText(text).toLowerCase().startsWith(asText(start).toLowerCase()),
  endswith: ([text, end]) => asText(text).toLowerCase().endsWith(asText(end).toLowerCase()),
  format: ([pattern, ...values]) =>
    asText(pattern).replace(/\{(\d+)\}/g, (_, index: string) => asText(values[Number(index)])),
  join: ([items, separator]) =>
    Array.isArray(items) ? items.map(asText).join(asText(separator ?? ",")) : asText(items),
  tojson: ([value]) => JSON.stringify(value, null, 2),
  fromjson: ([text]) => JSON.parse(asText(text)) as unknown,
};

const STATUS_FUNCTION = /\b(always|success|failure|cancelled)\s*\(/i;

function lookUp(value: unknown, key: unknown): unknown {
  if (typeof value !== "object" || value === null) return null;
  if (Array.isArray(value)) return typeof key === "number" ? (value[key] ?? null) : null;
  const wanted = asText(key).toLowerCase();
  const found = Object.entries(value).find(([name]) => name.toLowerCase() === wanted);
  return found === undefined ? null : found[1];
}

export function evaluate(source: string, contexts: Contexts, outcome: Outcome): unknown {
  const tokens = tokenize(source);
  let at = 0;
  const isSign = (text: string) => tokens[at]?.kind === "sign" && tokens[at]?.text === text;
  const accept = (text: string) => {
    if (!isSign(text)) return false;
    at += 1;
    return true;
  };
  const fail = () => new WorkflowProblem(`This runner cannot read the expression "${source}".`);
  const expect = (text: string) => {
    if (!accept(text)) throw fail();
  };

  function or(): unknown {
    let left = and();
    while (accept("||")) {
      const right = and();
      left = truthy(left) ? left : right;
    }
    return left;
  }
  function and(): unknown {
    let left = comparison();
    while (accept("&&")) {
      const right = comparison();
      left = truthy(left) ? right : left;
    }
    return left;
  }
  function comparison(): unknown {
    const left = unary();
    if (accept("==")) return equal(left, unary());
    if (accept("!=")) return !equal(left, unary());
    if (accept("<=")) return asNumber(left) <= asNumber(unary());
    if (accept(">=")) return asNumber(left) >= asNumber(unary());
    if (accept("<")) return asNumber(left) < asNumber(unary());
    if (accept(">")) return asNumber(left) > asNumber(unary());
    return left;
  }
  function unary(): unknown {
    if (accept("!")) return !truthy(unary());
    return access();
  }
  function access(): unknown {
    let value = primary();
    for (;;) {
      if (accept(".")) {
        if (accept("*")) {
          value = typeof value === "object" && value !== null ? Object.values(value) : [];
          continue;
        }
        const name = tokens[at];
        if (name?.kind !== "name") throw fail();
        at += 1;
        value = Array.isArray(value) ? value.map((one) => lookUp(one, name.text)) : lookUp(value, name.text);
      } else if (accept("[")) {
        value = lookUp(value, or());
        expect("]");
      } else return value;
    }
  }
  function primary(): unknown {
    if (accept("(")) {
      const value = or();
      expect(")");
      return value;
    }
    const token = tokens[at];
    if (token === undefined || token.kind === "sign") throw fail();
    at += 1;
    if (token.kind === "number") return Number(token.text);
    if (token.kind === "text") return token.text;
    if (accept("(")) return call(token.text);
    if (token.text === "true" || token.text === "false") return token.text === "true";
    if (token.text === "null") return null;
    if (!(token.text in contexts))
      throw new WorkflowProblem(`This runner does not know "${token.text}" in the expression "${source}".`);
    return contexts[token.text];
  }
  function call(name: string): unknown {
    const known = FUNCTIONS[name.toLowerCase()];
    if (known === undefined)
      throw new WorkflowProblem(
        `This runner does not know the function ${name}() in the expression "${source}".`,
      );
    const given: unknown[] = [];
    while (!accept(")")) {
      given.push(or());
      if (!isSign(")")) expect(",");
    }
    return known(given, outcome);
  }

  const value = or();
  if (at < tokens.length) throw fail();
  return value;
}

/** The value of an `if:`, with or without `${{ }}`. Without a status function, it also wants that nothing has failed. */
export function condition(source: string | null, contexts: Contexts, outcome: Outcome): boolean {
  if (source === null || source.trim() === "") return outcome === "success";
  const bare = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(source)?.[1] ?? source;
  const value = truthy(
    evaluate(bare.includes("${{") ? fill(bare, contexts, outcome) : bare, contexts, outcome),
  );
  return value && (STATUS_FUNCTION.test(source) || outcome === "success");
}

/** Puts the values of all `${{ … }}` into a text. */
export const fill = (text: string, contexts: Contexts, outcome: Outcome): string =>
  text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, inner: string) => asText(evaluate(inner, contexts, outcome)));
