import { cleanText } from "../run/clean-text.ts";
import type { Usage } from "../run/usage.ts";
import { ModelFailure } from "./model.ts";

/** A refusal of the provider, as HTTP brought it. */
export interface Refusal {
  status: number;
  code: string | null;
  message: string;
  headers: Headers | undefined;
}

/**
 * What a refusal means for the run. Codes are OpenAI's (guide "Error codes"); compatible servers often give the status alone.
 * `secret` is the key: it is taken out of whatever the provider said, since some repeat it.
 */
export function failureOfRefusal(refusal: Refusal, model: string, secret: string, now: number): ModelFailure {
  const { status, code } = refusal;
  const said = quote(refusal.message, secret);
  const named = `"${model.slice(0, 80)}"`;
  const ask = (sentence: string) => new ModelFailure("ask", sentence);

  if (status === 401) {
    return ask("The model endpoint refused the API key. Set a valid key in the configuration of Fixpoint.");
  }
  if (code === "insufficient_quota" || code === "billing_hard_limit_reached" || status === 402) {
    return ask("The account at the model provider has no quota left. Add credit or raise its limit.");
  }
  if (status === 403) {
    return ask(
      `The API key may not use the model ${named}. Grant it access, or configure another model.${said}`,
    );
  }
  if (status === 404) {
    return ask(
      `The model endpoint does not know the model ${named}. Check the model's name and the base URL.${said}`,
    );
  }
  if (status >= 300 && status < 400) {
    return ask(
      "The model endpoint redirects elsewhere, which is not followed. Configure the final base URL.",
    );
  }
  if (code === "context_length_exceeded") {
    return ask(
      `The conversation is longer than the model ${named} can read. Configure one with a larger context.`,
    );
  }
  if (status === 408 || status === 409 || status === 425 || status === 429 || status >= 500) {
    const what = status === 429 ? "is limiting our rate" : `answered with status ${status}`;
    return new ModelFailure("retry", `The model endpoint ${what}.`, retryAfterMs(refusal.headers, now));
  }
  return ask(`The model endpoint refused the request with status ${status}.${said}`);
}

/** A call that ended without an answer. `usage` is null when the request surely never arrived. */
export function failureOfConnection(cause: unknown, worst: Usage): ModelFailure {
  const code = causeCode(cause);
  const unreached =
    code !== null &&
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|.*CERT.*)$/.test(
      code,
    );
  const sentence = unreached
    ? `The model endpoint cannot be reached (${code}). Check the base URL and the network.`
    : `The connection to the model endpoint broke${code ? ` (${code})` : ""}.`;
  return new ModelFailure("retry", sentence, null, { cause, usage: unreached ? null : worst });
}

/** `retry-after-ms`, or `Retry-After` as seconds or as a date (RFC 9110 §10.2.3). Null when absent or senseless. */
function retryAfterMs(headers: Headers | undefined, now: number): number | null {
  const ms = headers?.get("retry-after-ms");
  if (ms && /^\d{1,12}(\.\d+)?$/.test(ms)) return Math.round(Number(ms));
  const after = headers?.get("retry-after");
  if (!after) return null;
  if (/^\d{1,9}(\.\d+)?$/.test(after)) return Math.round(Number(after) * 1_000);
  const at = /^[A-Z][a-z]{2}, /.test(after) ? Date.parse(after) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function causeCode(error: unknown): string | null {
  // The SDK wraps undici, which wraps the socket's error; the code sits at the bottom.
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if ("code" in current && typeof current.code === "string") return current.code.slice(0, 60);
    current = current.cause;
  }
  return null;
}

/** The provider's own words: one line, short, without the key. */
function quote(message: string, secret: string): string {
  const open = secret.length >= 4 ? message.replaceAll(secret, "[key]") : message;
  const line = cleanText(open.slice(0, 2_000))
    .text.replace(/\bsk-[\w*.-]{4,}/g, "[key]")
    .replace(/\s+/g, " ")
    .trim();
  return line === "" ? "" : ` It said: "${line.slice(0, 200).replaceAll('"', "'")}".`;
}
