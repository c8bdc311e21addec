import { type Fields, isFields } from "../fields.ts";

export type Combination = Record<string, unknown>;

const fits = (wanted: Fields, combination: Combination): boolean =>
  Object.entries(wanted).every(([name, value]) => !(name in combination) || combination[name] === value);

/** All combinations of a matrix, with `exclude` taken out and `include` put in, as GitHub does it. One empty one without a matrix. */
export function expandMatrix(matrix: Fields | null): Combination[] {
  if (matrix === null) return [{}];
  const axes = Object.entries(matrix).filter(([name]) => name !== "include" && name !== "exclude");
  let combinations: Combination[] = axes.length === 0 ? [] : [{}];
  for (const [name, values] of axes) {
    const list = Array.isArray(values) ? values : [values];
    combinations = combinations.flatMap((one) => list.map((value: unknown) => ({ ...one, [name]: value })));
  }
  const listed = (value: unknown) => (Array.isArray(value) ? value.filter(isFields) : []);
  for (const wanted of listed(matrix["exclude"])) {
    combinations = combinations.filter(
      (one) => !Object.entries(wanted).every(([name, value]) => one[name] === value),
    );
  }
  for (const extra of listed(matrix["include"])) {
    const originals = combinations.filter(
      (one) => axes.every(([name]) => name in one) && fits(onlyAxes(extra, axes), one),
    );
    // An entry that would overwrite an axis everywhere is a combination of its own.
    if (originals.length === 0 || axes.length === 0) combinations.push({ ...extra });
    else for (const one of originals) Object.assign(one, extra);
  }
  return combinations.length === 0 ? [{}] : combinations;
}

const onlyAxes = (extra: Fields, axes: [string, unknown][]): Fields =>
  Object.fromEntries(Object.entries(extra).filter(([name]) => axes.some(([axis]) => axis === name)));

/** `test (20, ubuntu-latest)`: GitHub's name for a job of a matrix that has no name of its own. */
export const combinationName = (base: string, combination: Combination): string => {
  const values = Object.values(combination).filter((value) => typeof value !== "object");
  return values.length === 0 ? base : `${base} (${values.map(String).join(", ")})`;
};
