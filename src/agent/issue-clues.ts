/** What an issue's text says about where to look. */
export interface Clues {
  /** written like paths, with the line where one was given; longest first */
  paths: readonly { path: string; line: number | null }[];
  /** names of functions, classes, options, messages: literal strings to search for, the most telling first */
  words: readonly string[];
}

const mostPaths = 12;
const mostWords = 12;

/** Reads paths (also those of stack frames), identifiers and quoted messages out of prose. Linear in the text; pure. */
export function findClues(text: string): Clues {
  const read = text.slice(0, 40_000);
  const paths = new Map<string, number | null>();
  for (const [, path = "", line] of read.matchAll(
    /([\w@.][\w@./\\-]{0,200}\.[a-z]\w{0,7})(?:["']?(?::|, line )(\d{1,6}))?/gi,
  )) {
    const plain = path.replaceAll("\\", "/").replace(/^(?:\.\/)+/, "");
    if (/\w\.\w/.test(plain))
      paths.set(plain, line === undefined ? (paths.get(plain) ?? null) : Number(line));
  }
  const scores = new Map<string, number>();
  const add = (word: string, score: number) => {
    const bare = word.trim();
    if (bare.length < 3 || bare.length > 80 || common.has(bare.toLowerCase())) return;
    scores.set(bare, (scores.get(bare) ?? 0) + score);
  };
  for (const [, code = ""] of read.matchAll(/`([^`\n]{2,120})`/g))
    for (const word of identifiers(code)) add(word, 3);
  for (const [, call = ""] of read.matchAll(/\b([A-Za-z_$][\w$]{2,60})\(/g)) add(call, 3);
  for (const [, shape = ""] of read.matchAll(
    /\b([a-z]+(?:[A-Z][a-z0-9]*)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]*)+|[a-z0-9]+(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b/g,
  ))
    add(shape, 2);
  for (const [, quoted = ""] of read.matchAll(/"([^"\n]{4,80})"/g)) add(quoted, 2);
  for (const [, error = ""] of read.matchAll(/\b([A-Z][A-Za-z]{2,40}(?:Error|Exception))\b/g)) add(error, 1);

  const byLength = [...paths].sort(([a], [b]) => b.length - a.length);
  const byScore = [...scores].sort(([a, x], [b, y]) => y - x || b.length - a.length || (a < b ? -1 : 1));
  return {
    paths: byLength.slice(0, mostPaths).map(([path, line]) => ({ path, line })),
    words: byScore.slice(0, mostWords).map(([word]) => word),
  };
}

function identifiers(code: string): string[] {
  return code.match(/[A-Za-z_$][\w$]{2,60}/g) ?? [];
}

/** Words that stand in every code base and point nowhere. */
const common = new Set(
  "the and for that this with from have not but should when then null undefined true false none string number boolean object array const let var function return class import export await async new type int error errors test tests npm node run console log json http https com github www readme".split(
    " ",
  ),
);
