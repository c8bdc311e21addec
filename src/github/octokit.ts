import { Octokit } from "@octokit/rest";
import type { Logger } from "../logger.ts";
import type { Options, Response } from "./guard.ts";

type Hook = (request: Octokit["request"], options: Options) => Promise<Response>;

/**
 * The hook comes in as an authentication strategy because Octokit puts that one innermost. A hook that is added later
 * cannot change a call: the hooks below it were bound to the options as they were (before-after-hook).
 */
export function newOctokit(apiUrl: string, log: Logger, hook: Hook): Octokit {
  return new Octokit({
    authStrategy: () => Object.assign(() => Promise.resolve({ type: "guarded" }), { hook }),
    baseUrl: apiUrl,
    userAgent: "fixpoint",
    // What Octokit would print about each request and failure is logged by the guard, in our words.
    log: { debug: () => {}, info: () => {}, warn: (message: string) => log.warn(message), error: () => {} },
  });
}
