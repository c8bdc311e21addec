import { type Document, isMap, isNode, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type RepositoryConfig, repositoryConfigSchema } from "./repository-config-schema.ts";

export type { RepositoryConfig } from "./repository-config-schema.ts";

/** A mistake, where it stands (from 1) and the rule that it breaks, written for whoever edits the file. */
export interface ConfigProblem {
  line: number;
  rule: string;
}

const mostCharacters = 64_000;

/** Reads `.github/fixpoint.yml`. Either all of it is sound, or every mistake is named at once; nothing is half believed. */
export function parseRepositoryConfig(
  text: string,
): { config: RepositoryConfig } | { problems: readonly ConfigProblem[] } {
  if (text.length > mostCharacters) {
    return {
      problems: [
        { line: 1, rule: `The file has ${text.length} characters; at most ${mostCharacters} are read.` },
      ],
    };
  }
  const lines = new LineCounter();
  // YAML 1.2 without merge keys: `on` and `no` are text, and nothing appears in two places.
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    lineCounter: lines,
    prettyErrors: false,
  });
  const syntax = [...document.errors, ...document.warnings];
  if (syntax.length > 0) {
    return {
      problems: syntax.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        rule: `YAML: ${error.message}`,
      })),
    };
  }
  let value: unknown;
  try {
    // No aliases: a few of them can unfold to gigabytes, and nobody needs one here.
    value = document.toJS({ maxAliasCount: 0 });
  } catch {
    return {
      problems: [{ line: 1, rule: "YAML: aliases (*name) are not supported here; write the value out." }],
    };
  }
  const checked = repositoryConfigSchema.safeParse(value ?? {});
  if (checked.success) return { config: checked.data };
  const problems = checked.error.issues.flatMap((issue) => problemsOf(issue, document, lines));
  return { problems: problems.sort((a, b) => a.line - b.line) };
}

function problemsOf(issue: z.core.$ZodIssue, document: Document, lines: LineCounter): ConfigProblem[] {
  const path = issue.path.filter((part) => typeof part !== "symbol");
  const at = (inner: readonly (string | number)[]) => lineOf(document, inner, lines);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      line: at([...path, key]),
      rule: `${[...path, key].join(".")}: there is no such setting.`,
    }));
  }
  const name = path.length > 0 ? `${path.join(".")}: ` : "";
  return [{ line: at(path), rule: `${name}${issue.message}` }];
}

/** The line of the setting's name; of what it should stand in, where it is missing. */
function lineOf(document: Document, path: readonly (string | number)[], lines: LineCounter): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => nameOf(item.key) === String(key)) : undefined;
    const node = pair?.key ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function nameOf(key: unknown): string {
  return String(isNode(key) ? key.toJSON() : key);
}
