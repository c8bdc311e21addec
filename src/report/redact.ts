/**
 * The one redactor: everything that leaves goes through it (comments, commits, pull requests, check runs, logs).
 * Two nets. Exact: the secrets this process holds, in the forms in which they travel (base64 at every offset, URL, hex, JSON),
 * so that a form that no pattern knows is caught too. Patterns: secrets of others that a model or a log may carry.
 */
export interface Redactor {
  /** the text with every secret replaced by `[redacted: kind]`; doing it twice changes nothing more */
  redact(text: string): string;
  /** what `redact` would replace, for places where content must be refused instead of changed */
  find(text: string): readonly Finding[];
}

interface Finding {
  kind: string;
  value: string;
  /** `known`: a secret of this installation; `pattern`: looks like somebody's */
  net: "known" | "pattern";
}

interface Pattern {
  kind: string;
  regex: RegExp;
}

/** Every regex is linear: repetitions are of one character class, and bounded where two of them meet. */
const patterns: readonly Pattern[] = [
  {
    kind: "private key",
    regex:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  // Installation tokens are `ghs_APPID_JWT` since 2026, about 520 characters with dots: no trailing \b, or the tail survives.
  { kind: "GitHub token", regex: /gh[opusr]_[A-Za-z0-9._-]{36,}/g },
  { kind: "GitHub token", regex: /github_pat_[A-Za-z0-9_]{22,}/g },
  { kind: "JSON web token", regex: /eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g },
  // A digit is asked for: `sk-fading-circle-animation` is a class name and no key.
  { kind: "API key", regex: /(?<![A-Za-z0-9])sk-(?=[A-Za-z_-]{0,200}\d)[A-Za-z0-9_-]{20,}/g },
  { kind: "AWS key", regex: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/g },
  {
    kind: "AWS key",
    regex: /(?<=aws_?secret_?(?:access_?)?key["']?\s{0,5}[:=]\s{0,5}["']?)[A-Za-z0-9/+]{40}/gi,
  },
  { kind: "Slack token", regex: /xox[abeoprs]-[A-Za-z0-9-]{10,}/g },
  { kind: "Slack token", regex: /xapp-\d-[A-Za-z0-9-]{10,}/g },
  { kind: "Slack webhook", regex: /(?<=hooks\.slack\.com\/services\/)[A-Za-z0-9/]{20,}/g },
  { kind: "npm token", regex: /npm_[A-Za-z0-9]{36,}/g },
  { kind: "npm token", regex: /(?<=_authToken\s{0,3}=\s{0,3}["']?)[A-Za-z0-9._~+/=-]{8,}/g },
  { kind: "GitLab token", regex: /glpat-[A-Za-z0-9._-]{20,}/g },
  { kind: "PyPI token", regex: /pypi-AgE[A-Za-z0-9_-]{20,}/g },
  { kind: "Google key", regex: /AIza[A-Za-z0-9_-]{35}/g },
  { kind: "Stripe key", regex: /(?<![A-Za-z0-9])[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g },
  // user:password@ of any URL, `redis://:password@` too; the scheme and the host stay readable.
  {
    kind: "password",
    regex: /(?<=[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/:@"'<>[\]]{0,256}:[^\s/@"'<>[\]]{1,1024}(?=@)/gi,
  },
  {
    kind: "credentials",
    regex:
      /(?<=authorization["']?\s{0,5}[:=]\s{0,5}["']?(?:bearer|token|basic)\s{1,5})[A-Za-z0-9._~+/=-]{8,}/gi,
  },
  { kind: "credentials", regex: /(?<=\bbearer\s{1,5})(?=[A-Za-z._~+/=-]{0,200}\d)[A-Za-z0-9._~+/=-]{20,}/gi },
];

/** Shorter ones would take ordinary words out of every text. */
const SHORTEST_SECRET = 8;

/** @param secrets exact secrets of this process: keys, tokens, passwords; each at least 8 characters to count */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);

  function redact(text: string): string {
    let clean = text;
    for (const form of known) clean = clean.replaceAll(form, "[redacted: secret]");
    for (const { kind, regex } of patterns) clean = clean.replace(regex, `[redacted: ${kind}]`);
    return clean;
  }

  function find(text: string): readonly Finding[] {
    const held = known.filter((form) => text.includes(form));
    const alike = patterns.flatMap(({ kind, regex }) =>
      [...text.matchAll(regex)].map(([value]): Finding => ({ kind, value, net: "pattern" })),
    );
    return [...held.map((value): Finding => ({ kind: "secret", value, net: "known" })), ...alike];
  }

  return { redact, find };
}

function formsOf(secret: string): string[] {
  const whole = secret.trim();
  // A key file leaks line by line as well: each long line counts as a secret of its own.
  const lines = whole.split(/\r?\n|\\n/).filter((line) => line.length >= 32 && !line.startsWith("-----"));
  return [...new Set([whole, ...lines])].filter((text) => text.length >= SHORTEST_SECRET).flatMap(encodings);
}

function encodings(text: string): string[] {
  const bytes = Buffer.from(text, "utf8");
  const hex = bytes.toString("hex");
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    hex,
    hex.toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64At(bytes, offset)),
  ];
}

/** The characters that the secret alone decides when it stands `offset` bytes (mod 3) into a longer base64 text, as in `user:TOKEN`. */
function base64At(bytes: Buffer, offset: number): string[] {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  const core = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  if (core.length < SHORTEST_SECRET) return [];
  return [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}
