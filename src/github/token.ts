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
  /** the same; where the installation has not granted all of it, one with what is granted, so that people can at least be told */
  bestFor(ref: RepositoryRef, purpose: Purpose, kind: "cached" | "fresh"): Promise<string>;
  /** reads issues and pull requests in all repositories of an installation, and nothing else */
  surveyToken(installationId: number, kind: "cached" | "fresh"): Promise<string>;
}

/** A token lives one hour; a call that starts just before its end should still be answered. */
const MARGIN_MS = 5 * 60_000;
const MOST_CACHED = 500;
/** What is missing may be granted at any moment. */
const PARTIAL_MS = 10_000;

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

  function keep(key: string, minted: { token: string; expires_at: string }, atMostMs = Infinity): string {
    const { token, expires_at } = minted;
    deps.onMinted(token);
    const expiresAt = Math.min(Date.parse(expires_at) - MARGIN_MS, deps.now() + atMostMs);
    cache.set(key, { token, expiresAt });
    for (const oldest of cache.keys()) {
      if (cache.size <= MOST_CACHED) break;
      cache.delete(oldest);
    }
    return token;
  }

  async function mintPartial(ref: RepositoryRef, purpose: Purpose, key: string): Promise<string> {
    const granted = await grantedPermissions(ref);
    const permissions = Object.entries(permissionsOf[purpose]).filter(([name, level]) =>
      covers(granted.get(name), level),
    );
    const { data } = await deps.app.rest.apps.createInstallationAccessToken({
      installation_id: ref.installationId,
      repository_ids: [ref.id],
      permissions: Object.fromEntries(permissions),
    });
    return keep(key, data, PARTIAL_MS);
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
    const granted = await grantedPermissions(ref);
    return Object.entries(permissionsOf[purpose])
      .filter(([name, level]) => !covers(granted.get(name), level))
      .map(([name, level]) => `"${name}: ${level}"`);
  }

  async function grantedPermissions(ref: RepositoryRef): Promise<Map<string, string>> {
    const { data } = await deps.app.rest.apps.getInstallation({ installation_id: ref.installationId });
    return new Map(Object.entries(data.permissions));
  }

  function cached(key: string): string | null {
    const known = cache.get(key);
    return known && known.expiresAt > deps.now() ? known.token : null;
  }

  function tokenOf(key: string, kind: "cached" | "fresh", mintIt: () => Promise<string>): Promise<string> {
    if (kind === "fresh") cache.delete(key);
    const known = cached(key);
    if (known !== null) return Promise.resolve(known);
    const pending = underWay.get(key) ?? mintIt().finally(() => underWay.delete(key));
    underWay.set(key, pending);
    return pending;
  }

  const keyOf = (ref: RepositoryRef, purpose: Purpose) => `${ref.installationId} ${ref.id} ${purpose}`;

  function tokenFor(ref: RepositoryRef, purpose: Purpose, kind: "cached" | "fresh"): Promise<string> {
    const key = keyOf(ref, purpose);
    return tokenOf(key, kind, () => mint(ref, purpose, key));
  }

  return {
    tokenFor,
    async bestFor(ref, purpose, kind) {
      const whole = keyOf(ref, purpose);
      const partial = `${whole} as granted`;
      const known = kind === "cached" ? (cached(whole) ?? cached(partial)) : null;
      if (known !== null) return known;
      try {
        return await tokenFor(ref, purpose, kind);
      } catch (error) {
        if (!(error instanceof AskPerson)) throw error;
        return await tokenOf(partial, kind, () => mintPartial(ref, purpose, partial)).catch(() => {
          throw error;
        });
      }
    },
    surveyToken(installationId, kind) {
      const key = `${installationId} survey`;
      return tokenOf(key, kind, () => mintSurvey(installationId, key));
    },
  };
}

function covers(granted: string | undefined, wanted: string): boolean {
  return granted === wanted || granted === "write";
}
