import { setTimeout as wait } from "node:timers/promises";
import { createAppAuth } from "@octokit/auth-app";
import type { Octokit } from "@octokit/rest";
import type { Logger } from "../logger.ts";
import type { RepositoryRef } from "../run/request.ts";
import { type Addresses, addressesOf } from "./addresses.ts";
import { createGuard } from "./guard.ts";
import { newOctokit } from "./octokit.ts";
import {
  openRepository,
  type RepositoryGithub,
  type RepositoryNames,
  type SharedParts,
} from "./repository-github.ts";
import { createGrowingRedactor } from "./secrets-held.ts";
import { createTokens, type Purpose } from "./token.ts";

export interface GithubSettings {
  appId: number;
  /** PEM */
  privateKey: string;
  /** `https://api.github.com`, `https://HOST/api/v3` */
  apiUrl: string;
  /** key of the hidden markers; a setting of its own, because markers must outlive a rotation of the App's key */
  markerKey: string;
  log: Logger;
  /** ms since 1970 */
  now?: () => number;
  sleep?: (ms: number) => Promise<void>;
  /** how long after a doubtful write GitHub is asked whether it happened; 15 s rides out most late answers */
  settleMs?: number;
  timeoutMs?: number;
  /** secrets of this process that must never leave: the model's key, the webhook secret, passwords */
  secrets?: readonly string[];
}

export type { RepositoryGithub } from "./repository-github.ts";

export interface Github {
  readonly appId: number;
  readonly addresses: Addresses;
  /** speaks as the App itself (JWT): deliveries, installations */
  app(): Octokit;
  /** who the App is; asked once */
  identity(): Promise<AppIdentity>;
  /** speaks as an installation, reading issues and pull requests of all its repositories */
  survey(installationId: number): Octokit;
  /**
   * Speaks as the installation, for this one repository; `work` unless said otherwise. `mayWrite` throws when the caller may not write any
   * more; it is asked at the last moment before each write leaves, since a worker can stand still anywhere before that.
   */
  repository(ref: RepositoryRef, purpose?: Purpose, mayWrite?: () => void): RepositoryGithub;
}

interface AppIdentity {
  id: number;
  slug: string;
  /** login under which its comments appear */
  botLogin: string;
}

/** The door to GitHub. Holds no state but caches: tokens, the App's identity, new names of renamed repositories. */
export function createGithub(settings: GithubSettings): Github {
  const now = settings.now ?? Date.now;
  const sleep = settings.sleep ?? ((ms: number) => wait(ms));
  const addresses = addressesOf(settings.apiUrl);
  const redactors = createGrowingRedactor([
    settings.privateKey,
    settings.markerKey,
    ...(settings.secrets ?? []),
  ]);
  const names = new Map<number, RepositoryNames>();
  const common = {
    log: settings.log,
    now,
    sleep,
    timeoutMs: settings.timeoutMs ?? 15_000,
    redactor: redactors.current,
  };

  const appAuth = createAppAuth({ appId: settings.appId, privateKey: settings.privateKey });
  const guardApp = createGuard({
    ...common,
    place: () => ({ web: addresses.web, repository: "this installation", installationId: null }),
    authorize: () => Promise.resolve(null),
    whereabouts: () => Promise.resolve(null),
  });
  // auth-app signs each call, and corrects a clock that is off by what GitHub's answer says.
  const appClient = newOctokit(addresses.api, settings.log, (request, options) =>
    guardApp((guarded) => appAuth.hook(request, guarded), options),
  );

  const tokens = createTokens({ app: appClient, now, web: addresses.web, onMinted: redactors.add });
  let identity: Promise<AppIdentity> | null = null;

  async function fetchIdentity(): Promise<AppIdentity> {
    const { data } = await appClient.rest.apps.getAuthenticated();
    const slug = data?.slug ?? "";
    return { id: settings.appId, slug, botLogin: `${slug}[bot]` };
  }

  function whoAmI(): Promise<AppIdentity> {
    identity ??= fetchIdentity().catch((error: unknown) => {
      identity = null;
      throw error;
    });
    return identity;
  }

  const shared: SharedParts = {
    ...common,
    appId: settings.appId,
    addresses,
    tokens,
    names,
    botLogin: async () => (await whoAmI()).botLogin,
    markerKey: settings.markerKey,
    settleMs: settings.settleMs ?? 15_000,
  };
  return {
    appId: settings.appId,
    addresses,
    app: () => appClient,
    identity: whoAmI,
    survey: (installationId) => {
      const guarded = createGuard({
        ...common,
        place: () => ({ web: addresses.web, repository: "this installation", installationId }),
        authorize: async (kind) => `token ${await tokens.surveyToken(installationId, kind)}`,
        whereabouts: () => Promise.resolve(null),
      });
      return newOctokit(addresses.api, settings.log, (request, options) => guarded(request, options));
    },
    repository: (ref, purpose = "work", mayWrite = () => {}) =>
      openRepository(shared, ref, { purpose, mayWrite }),
  };
}
