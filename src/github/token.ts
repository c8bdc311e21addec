import type { Octokit } from "@octokit/rest";
import { AskPerson } from "../errors.ts";
import type { RepositoryRef } from "../run/request.ts";
import { readAnswer } from "./answer.ts";

/**
 * What a token is for; each carries the fewest permissions that do it, for the one repository.
 * `work`: publish and read CI. `talk`: answer a command. `git`: fetch, and nothing else.
 */
export type Purpose = "work" | "talk" | "git";

/** As GitHub names them. There is no `workflows`: without it GitHub itself refuses a change of workflow files. */
const permissionsOf = {
  work: {
    actions: "write",
    checks: "write",
    contents: "write",
    issues: "write",
    metadata: "read",
    pull_requests: "write",
    statuses: "read",
  },
  talk: { issues: "write", metadata: "read", pull_requests: "write" },
  git: { contents: "read", metadata: "read" },
} as const satisfies Record<Purpose, Record<string, "read" | "write">>;

export interface Tokens {
  /** `fresh`: the one handed out before was refused */
  tokenFor(ref: RepositoryRef, purpose: Purpose, kind: "cached" | "fresh"): Promise<string>;
  /** reads issues and pull requests in all repositories of an installation, and nothing else */
  surveyToken(installationId: number, kind: "cached" | "fresh"): Promise<string>;
}

/** A token lives one hour; a call that starts just before its end should still be answered. */
const MARGIN_MS = 5 * 60_000;
const MOST_CACHED = 500;

export function createTokens(deps: {
  app: Octokit;
  now(): number;
  web: string;
  /** told of every token, so that the redactor knows it in all its forms */
  onMinted(token: string): void;
}): Tokens {
  const cache = new Map<string, { token: string; expiresAt: number }>();
  const underWay = new Map<string, Promise<string>>();

  async function mint(ref: RepositoryRef, purpose: Purpose, key: string): Promise<string> {
    const { data } = await deps.app.rest.apps
      .createInstallationAccessToken({
        installation_id: ref.installationId,
        repository_ids: [ref.id],
        permissions: permissionsOf[purpose],
      })
      .catch(async (error: unknown) => {
        throw (await whyNotMinted(error, ref, purpose)) ?? error;
      });
    return keep(key, data);
  }

  function keep(key: string, { token, expires_at }: { token: string; expires_at: string }): string {
    deps.onMinted(token);
    cache.set(key, { token, expiresAt: Date.parse(expires_at) - MARGIN_MS });
    for (const oldest of cache.keys()) {
      if (cache.size <= MOST_CACHED) break;
      cache.delete(oldest);
    }
    return token;
  }

  async function mintSurvey(installationId: number, key: string): Promise<string> {
    const { data } = await deps.app.rest.apps.createInstallationAccessToken({
      installation_id: installationId,
      permissions: { issues: "read", metadata: "read", pull_requests: "read" },
    });
    return keep(key, data);
  }

  async function whyNotMinted(
    error: unknown,
    ref: RepositoryRef,
    purpose: Purpose,
  ): Promise<AskPerson | null> {
    const answer = readAnswer(error, deps.now());
    const repository = `${ref.owner}/${ref.name}`;
    if (answer?.kind === "gone") {
      return new AskPerson(
        "permission",
        `The App is not installed for ${repository} any more. Install it again and comment \`/agent retry\`.`,
      );
    }
    if (answer?.kind !== "refused" || answer.status !== 422) return null;
    const settings = `${deps.web}/settings/installations/${ref.installationId}`;
    const missing = await missingPermissions(ref, purpose);
    return missing.length > 0
      ? new AskPerson(
          "permission",
          `The App's installation has not granted ${missing.join(", ")}. Accept the permissions at ${settings}, then comment \`/agent retry\`.`,
        )
      : new AskPerson(
          "permission",
          `The App's installation does not include ${repository}. Add the repository at ${settings}, then comment \`/agent retry\`. (GitHub said: ${answer.message})`,
        );
  }

  async function missingPermissions(ref: RepositoryRef, purpose: Purpose): Promise<string[]> {
    const { data } = await deps.app.rest.apps.getInstallation({ installation_id: ref.installationId });
    const granted = new Map<string, string>(Object.entries(data.permissions));
    return Object.entries(permissionsOf[purpose])
      .filter(([name, level]) => granted.get(name) !== level && granted.get(name) !== "write")
      .map(([name, level]) => `"${name}: ${level}"`);
  }

  function tokenOf(key: string, kind: "cached" | "fresh", mintIt: () => Promise<string>): Promise<string> {
    if (kind === "fresh") cache.delete(key);
    const known = cache.get(key);
    if (known && known.expiresAt > deps.now()) return Promise.resolve(known.token);
    const pending = underWay.get(key) ?? mintIt().finally(() => underWay.delete(key));
    underWay.set(key, pending);
    return pending;
  }

  return {
    tokenFor(ref, purpose, kind) {
      const key = `${ref.installationId} ${ref.id} ${purpose}`;
      return tokenOf(key, kind, () => mint(ref, purpose, key));
    },
    surveyToken(installationId, kind) {
      const key = `${installationId} survey`;
      return tokenOf(key, kind, () => mintSurvey(installationId, key));
    },
  };
}
