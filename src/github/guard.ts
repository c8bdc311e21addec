import type { Octokit } from "@octokit/rest";
import { TryLater } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Redactor } from "../report/redact.ts";
import { GraphqlErrors, RepositoryMoved, readAnswer, UnreadableAnswer } from "./answer.ts";
import { cleaned } from "./outbound.ts";
import { askAbout, type Call, type Place } from "./refusal.ts";

export interface GuardDeps {
  log: Logger;
  now(): number;
  sleep(ms: number): Promise<void>;
  /** how long one call may take; GitHub itself gives up after 10 s */
  timeoutMs: number;
  redactor(): Redactor;
  place(): Place;
  /** the `authorization` header; null where the client brings its own. `fresh`: the former one was refused with 401 */
  authorize(kind: "cached" | "fresh"): Promise<string | null>;
  /** throws when its caller may not write any more; asked when all that a write waits for is there, a fresh token too */
  mayWrite?(): void;
  /** asks where the repository is now; null where the client has no repository */
  whereabouts(): Promise<{ owner: string; repo: string } | null>;
}

export type Options = Required<Octokit["request"]["endpoint"]["DEFAULTS"]>;
export type Response = Awaited<ReturnType<Octokit["request"]>>;
type Send = (options: Options) => Promise<Response>;

const READ_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 300;
const OUTAGE_WAIT_MS = 30_000;

/**
 * Everything that a client sends passes here, so that no caller can forget: redaction of what goes out, a time-out, one fresh token
 * after 401, one renaming after 301. Reads are tried three times. Writes are called once, because a client that repeats them makes
 * twins (@octokit/plugin-retry 8.1.1: one comment answered with 502 became four); what to do on doubt is `effect`'s business.
 * A rate limit is thrown as `TryLater` and never slept through; a missing permission as `AskPerson`. All else is thrown as it came.
 */
export function createGuard(deps: GuardDeps): (send: Send, options: Options) => Promise<Response> {
  return async (send, options) => {
    const repeatable = isRepeatable(options);
    const outbound = repeatable ? options : cleaned(options, deps.redactor());
    for (let attempt = 1; ; attempt++) {
      try {
        return await sendOnce(send, outbound, deps);
      } catch (error) {
        await assertWorthRepeating(error, { options, attempt, repeatable }, deps);
      }
    }
  };
}

/** Returns after a pause when the call may be tried again, else throws. */
async function assertWorthRepeating(
  error: unknown,
  { options, attempt, repeatable }: { options: Options; attempt: number; repeatable: boolean },
  deps: GuardDeps,
): Promise<void> {
  const call = callOf(options);
  const answer = readAnswer(error, deps.now());
  deps.log.debug(
    { call: call.what, attempt, answer: answer?.kind, message: answer?.message },
    "GitHub refused a call",
  );
  if (answer?.kind === "rate_limited") {
    throw new TryLater(`GitHub's rate limit: ${answer.message}`, answer.afterMs, { cause: error });
  }
  if (answer?.kind === "not_permitted") {
    // Whoever runs Fixpoint has to act, and perhaps nobody on GitHub can be told.
    if (answer.status === 401)
      deps.log.error(
        { call: call.what },
        "GitHub does not accept the App's credentials, so nothing can be done",
      );
    throw askAbout(answer, call, deps.place());
  }
  if (answer?.kind !== "unclear" || !repeatable) throw error;
  if (attempt >= READ_ATTEMPTS) {
    throw new TryLater(`GitHub does not answer ${call.what}: ${answer.message}`, OUTAGE_WAIT_MS, {
      cause: error,
    });
  }
  await deps.sleep(FIRST_PAUSE_MS * 4 ** (attempt - 1));
}

async function sendOnce(send: Send, options: Options, deps: GuardDeps): Promise<Response> {
  try {
    return await sendWith(send, options, await deps.authorize("cached"), deps);
  } catch (error) {
    // Neither a 401 nor a redirect did anything, so a second call is safe for writes as well.
    if (statusOf(error) === 401) {
      const authorization = await deps.authorize("fresh");
      if (authorization === null) throw error;
      return await sendWith(send, options, authorization, deps);
    }
    if (!(error instanceof RepositoryMoved) || options.url.startsWith("/repositories/")) throw error;
    const now = await deps.whereabouts();
    if (now === null) throw error;
    return await sendWith(send, { ...options, ...now }, await deps.authorize("cached"), deps);
  }
}

async function sendWith(
  send: Send,
  options: Options,
  authorization: string | null,
  deps: GuardDeps,
): Promise<Response> {
  if (!isRepeatable(options)) deps.mayWrite?.();
  const response = await send({
    ...options,
    headers: { ...options.headers, ...(authorization === null ? {} : { authorization }) },
    request: {
      ...options.request,
      // `follow` would turn a redirected POST into a GET and could carry the token to another host.
      redirect: "manual",
      signal: AbortSignal.timeout(deps.timeoutMs),
    },
  });
  assertReadable(response, options);
  return response;
}

/** Octokit takes anything below 400 for a success. */
function assertReadable(response: Response, options: Options): void {
  if (isLog(options)) return;
  if (response.status >= 300) throw new RepositoryMoved();
  const data: unknown = response.data;
  // A cut or foreign body is handed out as a string.
  if (typeof data === "string" && response.status !== 204) {
    throw new UnreadableAnswer(`${response.status} with a body that is not JSON`);
  }
  if (typeof data === "object" && data !== null && "errors" in data && options.url.endsWith("/graphql")) {
    throw new GraphqlErrors(data.errors, response.headers);
  }
}

/** A log is plain text, behind a redirect to a storage host; `facts/failure-log.ts` goes there itself, without a token. */
function isLog(options: Options): boolean {
  return options.url.endsWith("/logs");
}

/** Reads, GraphQL queries, and the minting of a token, which leaves nothing behind. */
function isRepeatable(options: Options): boolean {
  if (options.method === "GET" || options.url.endsWith("/access_tokens")) return true;
  return options.url.endsWith("/graphql") && /^\s*query\b/.test(String(options["query"] ?? ""));
}

function callOf(options: Options): Call {
  const path = options.url.replace(/^https?:\/\/[^/]+/, "");
  return { what: `${options.method} ${path}`, path, access: options.method === "GET" ? "read" : "write" };
}

function statusOf(error: unknown): number | null {
  return error instanceof Error && "status" in error && typeof error.status === "number"
    ? error.status
    : null;
}
