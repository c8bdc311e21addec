const takesValue = {
  "--repo": true,
  "--issue": true,
  "--script": true,
  "--model": true,
  "--check": true,
  "--scene": true,
  "--json": false,
} as const;

type OptionName = keyof typeof takesValue;

export interface CommandLine {
  /** of an option that is given twice the last one counts */
  text(name: OptionName): string | undefined;
  texts(name: OptionName): readonly string[];
  /** it stands there, with a value or not */
  has(name: OptionName): boolean;
}

/**
 * Takes the words of the command line apart: `--name value` or `--name=value`. What is wrong is added to `problems`; Node's own `parseArgs`
 * stops at the first mistake, and takes the next option for a value that was forgotten.
 */
export function readCommandLine(args: readonly string[], problems: string[]): CommandLine {
  const given = new Map<OptionName, string[]>();
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const [, name = "", inline] = /^(--?[^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const next = words[0]?.startsWith("--") ? undefined : words[0];
    if (name === "") problems.push(`"${word}" stands alone. A value follows the name of its option.`);
    else if (!isOption(name)) {
      problems.push(`There is no option ${name}. Options: ${Object.keys(takesValue).join(", ")}.`);
      // Its value is no second mistake.
      if (inline === undefined && next !== undefined) words.shift();
    } else if (!takesValue[name]) {
      if (inline !== undefined) problems.push(`${name} takes no value.`);
      given.set(name, []);
    } else {
      const value = inline ?? next;
      if (inline === undefined && next !== undefined) words.shift();
      if (!value) problems.push(`${name} needs a value.`);
      given.set(name, [...(given.get(name) ?? []), ...(value ? [value] : [])]);
    }
  }
  return {
    text: (name) => given.get(name)?.at(-1),
    texts: (name) => given.get(name) ?? [],
    has: (name) => given.has(name),
  };
}

function isOption(name: string): name is OptionName {
  return Object.hasOwn(takesValue, name);
}
