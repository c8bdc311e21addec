import { createRedactor, type Redactor } from "../report/redact.ts";

const MOST_TOKENS_KNOWN = 50;

/** The exact net learns each minted token; the oldest are forgotten, since a token lives an hour. */
export function createGrowingRedactor(fixed: readonly string[]): {
  current(): Redactor;
  add(secret: string): void;
} {
  let minted: string[] = [];
  let redactor = createRedactor(fixed);
  return {
    current: () => redactor,
    add(secret) {
      minted = [...minted.slice(1 - MOST_TOKENS_KNOWN), secret];
      redactor = createRedactor([...fixed, ...minted]);
    },
  };
}
