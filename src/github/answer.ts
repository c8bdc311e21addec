/** What an error of a call to GitHub means, in one place. Everything that decides upon a failed call asks here. */
export type Answer =
  | { kind: "rate_limited"; afterMs: number; message: string }
  /** 401, 403; `permission` as GitHub names it (`issues=write`), where it does */
  | { kind: "not_permitted"; permission: string | null; status: number; message: string }
  /** 404, 410, 451 */
  | { kind: "gone"; status: number; message: string }
  /** 301, 307, 308: the repository has another name now */
  | { kind: "moved"; message: string }
  /** 422 whose words say that the thing exists */
  | { kind: "already_there"; message: string }
  /** it was not done, and the same call will not be done later either */
  | { kind: "refused"; status: number; message: string }
  /** it may have been done or not: 5xx, time-out, reset, truncated, a page of HTML */
  | { kind: "unclear"; message: string };

/** A success that cannot be one: HTML, an empty body, JSON cut in the middle. */
export class UnreadableAnswer extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnreadableAnswer";
  }
}

/** GitHub answered with a redirect; the client asks for the repository by its id and calls again. */
export class RepositoryMoved extends Error {
  constructor() {
    super("the repository has moved");
    this.name = "RepositoryMoved";
  }
}

/** GraphQL's way to refuse: status 200 and a list of errors. */
export class GraphqlErrors extends Error {
  readonly errors: unknown;
  readonly headers: unknown;
  constructor(errors: unknown, headers: unknown) {
    super("GraphQL answered with errors");
    this.name = "GraphqlErrors";
    this.errors = errors;
    this.headers = headers;
  }
}

const MINUTE = 60_000;
const LONGEST_WAIT = 60 * MINUTE;

/** Null for what is no answer of GitHub at all: a defect, or an error that says itself what to do (`TryLater`, `AskPerson`, `LeaseLost`). */
export function readAnswer(error: unknown, now: number): Answer | null {
  if (error instanceof UnreadableAnswer) return { kind: "unclear", message: error.message };
  if (error instanceof RepositoryMoved) return { kind: "moved", message: error.message };
  if (!(error instanceof Error)) return null;
  if (error instanceof GraphqlErrors) return readGraphql(error, now);
  if (!("status" in error) || typeof error.status !== "number") return null;
  // Octokit gives a network failure the status 500 and no response.
  const response = "response" in error ? asRecord(error.response) : null;
  return response
    ? readStatus(error.status, messageOf(response, error), headersOf(response), now)
    : { kind: "unclear", message: error.message };
}

function readStatus(status: number, message: string, headers: Record<string, unknown>, now: number): Answer {
  if (status === 429 || (status === 403 && isRateLimit(message, headers))) {
    return { kind: "rate_limited", afterMs: waitOf(headers, now), message };
  }
  if (status >= 500 || status === 408) return { kind: "unclear", message: `${status} ${message}` };
  if (status === 401) return { kind: "not_permitted", permission: null, status, message };
  if (status === 403) return readForbidden(message, headers);
  if (status === 404 || status === 410 || status === 451) return { kind: "gone", status, message };
  if (status >= 300 && status < 400) return { kind: "moved", message };
  if (status === 422 && /already[ _]exists/i.test(message)) return { kind: "already_there", message };
  return { kind: "refused", status, message };
}

function readForbidden(message: string, headers: Record<string, unknown>): Answer {
  // Archived, locked and blocked are facts about the thing and no lack of a permission.
  if (/archived|locked|blocked/i.test(message)) return { kind: "refused", status: 403, message };
  const accepted = headers["x-accepted-github-permissions"];
  return {
    kind: "not_permitted",
    permission: typeof accepted === "string" ? accepted : null,
    status: 403,
    message,
  };
}

/** docs.github.com "Rate limits for the REST API": primary has remaining 0, secondary has retry-after or only says so in words. */
function isRateLimit(message: string, headers: Record<string, unknown>): boolean {
  return (
    "retry-after" in headers ||
    headers["x-ratelimit-remaining"] === "0" ||
    /rate limit|abuse detection/i.test(message)
  );
}

/** Same page: wait `retry-after`; else until `x-ratelimit-reset` when nothing remains; else at least one minute. */
function waitOf(headers: Record<string, unknown>, now: number): number {
  const retryAfter = Number(headers["retry-after"] ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return within(retryAfter * 1_000);
  const reset = Number(headers["x-ratelimit-reset"] ?? Number.NaN);
  if (headers["x-ratelimit-remaining"] === "0" && Number.isFinite(reset)) return within(reset * 1_000 - now);
  return MINUTE;
}

function within(ms: number): number {
  return Math.min(Math.max(ms, 1_000), LONGEST_WAIT);
}

/** Each error has a type; GitHub's own time-outs ("Something went wrong while executing your query") have none. */
function readGraphql(error: GraphqlErrors, now: number): Answer {
  const headers = asRecord(error.headers) ?? {};
  const first = asRecord(Array.isArray(error.errors) ? error.errors[0] : null) ?? {};
  const message = typeof first["message"] === "string" ? first["message"] : error.message;
  switch (first["type"]) {
    case "RATE_LIMITED":
      return { kind: "rate_limited", afterMs: waitOf(headers, now), message };
    case "FORBIDDEN":
    case "INSUFFICIENT_SCOPES":
      return readForbidden(message, headers);
    case "NOT_FOUND":
      return { kind: "gone", status: 404, message };
    case undefined:
      return { kind: "unclear", message };
    default:
      return { kind: "refused", status: 422, message };
  }
}

function messageOf(response: Record<string, unknown>, error: Error): string {
  const data = asRecord(response["data"]);
  if (!data || typeof data["message"] !== "string") return error.message.slice(0, 300);
  const errors = Array.isArray(data["errors"])
    ? data["errors"].map(wordsOf).filter((words) => words !== "")
    : [];
  return [data["message"], ...errors].join(": ").slice(0, 1_000);
}

function wordsOf(error: unknown): string {
  if (typeof error === "string") return error;
  const record = asRecord(error) ?? {};
  if (typeof record["message"] === "string") return record["message"];
  return [record["resource"], record["field"], record["code"]]
    .filter((word) => typeof word === "string")
    .join(" ");
}

function headersOf(response: Record<string, unknown>): Record<string, unknown> {
  return asRecord(response["headers"]) ?? {};
}

function asRecord(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}
