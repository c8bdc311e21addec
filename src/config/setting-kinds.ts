import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import { z } from "zod";

/**
 * One kind of value that a setting may have. `write` completes "Write …."; `read` gives undefined for a bad value.
 * The message says what was found, so a `hidden` kind is one whose value must not be shown.
 */
function kind<T>(
  write: string,
  read: (text: string) => T | undefined,
  visibility: "shown" | "hidden" = "shown",
) {
  return z.string(`is missing. Write ${write}.`).transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    const found = visibility === "shown" ? `is ${JSON.stringify(text)}, which does not fit` : "does not fit";
    context.addIssue({ code: "custom", message: `${found}. Write ${write}.` });
    return z.NEVER;
  });
}

function list<T>(write: string, read: (item: string) => T | undefined) {
  return kind(write, (text) => {
    const items = text.split(",").flatMap((item) => (item.trim() ? [read(item.trim())] : []));
    const good = items.filter((item) => item !== undefined);
    return good.length === items.length ? good : undefined;
  });
}

export const words = kind("a name without line breaks", (text) => (/[\r\n]/.test(text) ? undefined : text));

export const secret = kind(
  "it as it was handed out, on one line",
  (text) => (/[\r\n]/.test(text) ? undefined : text),
  "hidden",
);

export function oneOf<const T extends string>(...choices: readonly T[]) {
  return kind(`one of ${choices.join(", ")}`, (text) => choices.find((choice) => choice === text));
}

export function someOf<const T extends string>(...choices: readonly T[]) {
  return list(`some of ${choices.join(", ")}, separated by commas`, (text) =>
    choices.find((choice) => choice === text),
  );
}

export function wholeNumber(least: number, most: number) {
  const write = `a whole number from ${least} to ${most}`;
  return kind(write, (text) => (/^\d{1,16}$/.test(text) ? within(Number(text), least, most) : undefined));
}

export const appId = kind("the number that its settings page shows", (text) =>
  /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined,
);

export function decimal(least: number, most: number) {
  const write = `a number from ${least} to ${most}, such as 1.5`;
  return kind(write, (text) =>
    /^\d{1,9}(\.\d{1,9})?$/.test(text) ? within(Number(text), least, most) : undefined,
  );
}

export const idList = list("numeric ids separated by commas", (text) =>
  /^\d{1,15}$/.test(text) ? Number(text) : undefined,
);

export const hostList = list("host names separated by commas, such as npm.example.com", (text) =>
  /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text.toLowerCase() : undefined,
);

/** Without a trailing `/`, so that paths can be added. Not shown when it does not fit: that may be because of a password in it. */
export const httpUrl = kind(
  "a URL that begins with https:// or http://, without a user name in it",
  (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    const fits =
      url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
    return fits ? url.href.replace(/\/+$/, "") : undefined;
  },
  "hidden",
);

/** May carry a password, so it is never shown. */
export const redisUrl = kind(
  "a URL that begins with redis://, rediss:// or unix://, or the absolute path of a Unix socket",
  (text) =>
    isAbsolute(text) || (URL.canParse(text) && /^(rediss?|unix):$/.test(new URL(text).protocol))
      ? text
      : undefined,
  "hidden",
);

export const absolutePath = kind("an absolute path", (text) => (isAbsolute(text) ? text : undefined));

export const readableFile = kind("the path of a file that this user can read", (text) => {
  try {
    return { path: text, content: readFileSync(text, "utf8") };
  } catch {
    return undefined;
  }
});

const priceFile = z.record(
  z.string(),
  z.strictObject({
    input: z.number().nonnegative(),
    cached: z.number().nonnegative(),
    output: z.number().nonnegative(),
  }),
);

/** As providers publish them: dollars for a million tokens. Read into nano-dollars for one token: $1 a million is 1,000. */
export const prices = kind(
  'a JSON file of dollars per million tokens, as {"my-model": {"input": 1.25, "cached": 0.125, "output": 10}}',
  (path) => {
    try {
      const rows = priceFile.parse(JSON.parse(readFileSync(path, "utf8")));
      return Object.fromEntries(
        Object.entries(rows).map(([model, { input, cached, output }]) => [
          model,
          { input: input * 1_000, cached: cached * 1_000, output: output * 1_000 },
        ]),
      );
    } catch {
      return undefined;
    }
  },
);

/** RSA, as GitHub hands it out. Many hosts allow no line breaks in a value, so `\n` stands for one, and base64 of the whole works too. */
export const privateKey = kind("the PEM text of the App's RSA private key", readPrivateKey, "hidden");

export function readPrivateKey(text: string): string | undefined {
  const pem = text.includes("-----BEGIN") ? text : Buffer.from(text, "base64").toString("utf8");
  const withBreaks = `${pem.replaceAll("\\n", "\n").trim()}\n`;
  try {
    return createPrivateKey(withBreaks).asymmetricKeyType === "rsa" ? withBreaks : undefined;
  } catch {
    return undefined;
  }
}

function within(value: number, least: number, most: number): number | undefined {
  return value >= least && value <= most ? value : undefined;
}
