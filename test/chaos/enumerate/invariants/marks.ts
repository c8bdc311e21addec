import type { Outside } from "../outside.ts";

/** A comment of ours, by what its hidden mark says. */
export interface Marked {
  number: number;
  op: string;
  /** without the mark */
  text: string;
}

const mark = /\s*<!-- fixpoint:v1 run=(\S+) op=(\S+) mac=\S+ -->\s*$/;

export function markedComments({ data }: Outside): Marked[] {
  return [...data.repository.issues.values()].flatMap(({ number, comments }) =>
    comments.flatMap(({ body, author }) => {
      const [, , op] = mark.exec(body) ?? [];
      if (op === undefined || author !== data.app.bot) return [];
      return [{ number, op, text: body.replace(mark, "") }];
    }),
  );
}

/** What stands more than once. */
export function twins(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}
