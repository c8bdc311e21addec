/**
 * Text from issues, comments, files and logs is data, and some of it is made so that a person does not see what a model reads.
 * Here those channels are closed, and counted so that the report can say it. This lowers noise; it is not the security boundary.
 */
export interface CleanText {
  text: string;
  /** how many separate hidden things were taken out: runs of invisible characters, comments, definitions, control sequences */
  hiddenSpans: number;
}

/** More nesting than this is made on purpose (`&amp;amp;amp;…`, comments inside comments): then the openers themselves go. */
const mostRounds = 8;

/**
 * For prose: takes out HTML comments (unterminated ones too: GitHub hides all that follows), link and footnote definitions
 * that nothing refers to (`[//]: # (…)`), and all that `cleanLiteral` takes out. Entities are decoded first, and everything is
 * done again until nothing changes. Code blocks are not spared: which fence GitHub sees inside other HTML is easy to forge.
 * Time is linear in the text.
 */
export function cleanText(text: string): CleanText {
  const counted = { spans: 0 };
  let current = text;
  for (let round = 0; round < mostRounds; round++) {
    const next = cleanOnce(current, counted);
    if (next === current) return { text: current, hiddenSpans: counted.spans };
    current = next;
  }
  current = take(current, /[<&[]+/g, "", counted);
  return { text: stripInvisible(current, "plain", counted), hiddenSpans: counted.spans };
}

/**
 * For code, diffs and logs, where every visible character counts: takes out invisible characters, terminal sequences and control
 * characters, and nothing else. The joiners and selectors inside an emoji stay, so that a line with one can still be edited.
 */
export function cleanLiteral(text: string): CleanText {
  const counted = { spans: 0 };
  let current = text;
  for (let round = 0; round < mostRounds; round++) {
    const next = stripInvisible(current, "emoji", counted);
    if (next === current) break;
    current = next;
  }
  return { text: current, hiddenSpans: counted.spans };
}

interface Counter {
  spans: number;
}

function cleanOnce(text: string, counted: Counter): string {
  const plain = stripInvisible(decodeEntities(text), "plain", counted);
  // A space is left behind, so that what stood around a comment cannot join to form a new one.
  const bare = take(
    plain,
    /<!--[\s\S]*?(?:-->|$)|<!\[CDATA\[[\s\S]*?(?:\]\]>|$)|<![a-z][^>]*(?:>|$)/gi,
    " ",
    counted,
  );
  return dropDefinitions(bare, counted);
}

/** ECMA-48: control sequences, strings up to their terminator (titles, links), and two-character escapes. */
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const terminalSequence =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[\]PX^_][^\u0007\u001b\u009c]{0,4096}(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]+/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: control characters are what is looked for

/**
 * Unicode's default-ignorable characters (zero-width, bidirectional, tag block, variation selectors, fillers, soft hyphen …),
 * private use, annotation marks and the blank Braille pattern.
 */
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Co}\ufff9-\ufffb\u2800]+/gu;
/** One selector after a pictograph, keycap base or skin tone, or a joiner between two of them: how emoji are spelt. */
const emojiSpelling =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\d#*])(?:\ufe0f\u200d(?=\p{Extended_Pictographic})|\u200d(?=\p{Extended_Pictographic})|[\ufe0e\ufe0f](?!\p{Default_Ignorable_Code_Point}))/gu;
const loneSurrogate = /\p{Cs}/gu;

function stripInvisible(text: string, emoji: "plain" | "emoji", counted: Counter): string {
  const lines = text.replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n").replace(loneSurrogate, "\ufffd");
  const bare = take(take(lines, terminalSequence, "", counted), controls, "", counted);
  if (emoji === "plain") return take(bare.replace(emojiSpelling, ""), invisible, "", counted);
  // The parts between emoji spellings are cleaned, the spellings kept.
  let kept = "";
  let from = 0;
  for (const spelling of bare.matchAll(emojiSpelling)) {
    kept += take(bare.slice(from, spelling.index), invisible, "", counted) + spelling[0];
    from = spelling.index + spelling[0].length;
  }
  return kept + take(bare.slice(from), invisible, "", counted);
}

const named: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  num: "#",
  excl: "!",
  colon: ":",
  sol: "/",
  lpar: "(",
  rpar: ")",
  lsqb: "[",
  lbrack: "[",
  rsqb: "]",
  rbrack: "]",
  tab: "\t",
  newline: "\n",
  shy: "",
  zwj: "",
  zwnj: "",
  lrm: "",
  rlm: "",
  zerowidthspace: "",
  nobreak: "",
  invisibletimes: "",
  invisiblecomma: "",
  applyfunction: "",
  af: "",
  ic: "",
  it: "",
};

function decodeEntities(text: string): string {
  return text
    .replace(/&(?:amp;|#0*38;|#x0*26;)+/gi, "&")
    .replace(
      /&(?:#x([0-9a-f]{1,8})|#([0-9]{1,8}));?|&([a-z]{2,16});/gi,
      (whole, hex?: string, decimal?: string, name?: string) => {
        if (name !== undefined) return named[name.toLowerCase()] ?? whole;
        const point = hex === undefined ? Number.parseInt(decimal ?? "", 10) : Number.parseInt(hex, 16);
        return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : "\ufffd";
      },
    );
}

const label = String.raw`^ {0,3}\[([^\]\n]{1,999})\]:`;
const target = String.raw`\s*(?:<[^<>\n]*>|[^\s<]\S*)`;
const wholeDefinition = new RegExp(String.raw`${label}${target}(?:\s+(?:"[^"]*"|'[^']*'|\([^()]*\)))?\s*$`);
const openDefinition = new RegExp(String.raw`${label}${target}\s+(?:"[^"]*|'[^']*|\([^()]*)$`);
const footnote = /^ {0,3}\[(\^[^\]\n]{1,999})\]:/;
/** `[//]: # (…)` and its kin: their only use is to carry words that are not shown. */
const nowhere = new RegExp(String.raw`${label}\s*(?:<>|#)(?:\s|$)`);

/**
 * Link and footnote definitions are not shown where they stand, so one stays only when something refers to it.
 * `[Bug]: it crashes` is no definition (CommonMark 0.31 §4.7: after the target only a quoted title may come), and stays.
 */
function dropDefinitions(text: string, counted: Counter): string {
  if (!text.includes("]:")) return text;
  const references = text.toLowerCase().match(/\[[^\][\n]{1,999}\](?!:)/g) ?? [];
  const used = new Set(references.map((reference) => reference.slice(1, -1).trim()));
  const unused = (found: RegExpExecArray | null) =>
    found !== null && !used.has((found[1] ?? "").toLowerCase().trim());
  const kept: string[] = [];
  let hidden: "no" | "to the end of its title" | "to the end of its paragraph" = "no";
  for (const line of text.split("\n")) {
    if (line.trim() === "") hidden = "no";
    const empty = nowhere.test(line);
    const open = openDefinition.exec(line);
    if (empty || unused(footnote.exec(line)) || unused(wholeDefinition.exec(line)) || unused(open)) {
      counted.spans += 1;
      hidden = open ? "to the end of its title" : footnote.test(line) ? "to the end of its paragraph" : "no";
    } else if (hidden === "no") kept.push(line);
    else if (hidden === "to the end of its title" && /["')]\s*$/.test(line)) hidden = "no";
  }
  return kept.join("\n");
}

function take(text: string, pattern: RegExp, instead: string, counted: Counter): string {
  return text.replace(pattern, () => {
    counted.spans += 1;
    return instead;
  });
}
