import { setTimeout as wait } from "node:timers/promises";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import type { Logger } from "../logger.ts";
import { createRedactor, type Redactor } from "../report/redact.ts";
import type { RepositoryRef } from "../run/request.ts";
import { type Addresses, addressesOf } from "./addresses.ts";
import type { EffectDeps } from "./effect.ts";
import { createGuard, type Options, type Response } from "./guard.ts";
import { createMarkers, type Markers } from "./marker.ts";
import { askAbout } from "./refusal.ts";
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

export interface Github {
  readonly appId: number;
  readonly addresses: Addresses;
  /** speaks as the App itself (JWT): deliveries, installations */
  app(): Octokit;
  /** who the App is; asked once */
  identity(): Promise<AppIdentity>;
  /** speaks as the installation, for this one repository; `work` unless said otherwise */
  repository(ref: RepositoryRef, purpose?: Purpose): RepositoryGithub;
}

export interface AppIdentity {
  id: number;
  slug: string;
  /** login under which its comments appear */
  botLogin: string;
}

/** One repository as this App may see and change it. What the functions of this folder take as their first argument. */
export interface RepositoryGithub {
  readonly ref: RepositoryRef;
  readonly appId: number;
  readonly addresses: Addresses;
  /** guarded: see `guard.ts` */
  readonly octokit: Octokit;
  /** owner and name as they are now: they follow a rename or a transfer */
  at(): { owner: string; repo: string };
  /** from now on under this name; called with what GitHub says about the repository's id */
  moveTo(names: { owner: string; repo: string }): void;
  /** a token for this repository only */
  token(purpose: Purpose): Promise<string>;
  markers(): Promise<Markers>;
  redactor(): Redactor;
  readonly effects: EffectDeps;
}

const MOST_TOKENS_KNOWN = 50;

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
  const names = new Map<number, { owner: string; repo: string }>();
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
    place: () => ({ web: addresses.web, repository: "this installation", installationId: 0 }),
    authorize: () => Promise.resolve(null),
    whereabouts: () => Promise.resolve(null),
  });
  // auth-app signs each call, and corrects a clock that is off by what GitHub's answer says.
  const appClient = newOctokit(addresses, settings.log, (request, options) =>
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

  function repository(ref: RepositoryRef, purpose: Purpose = "work"): RepositoryGithub {
    const at = () => names.get(ref.id) ?? { owner: ref.owner, repo: ref.name };
    const place = () => ({
      web: addresses.web,
      repository: `${at().owner}/${at().repo}`,
      installationId: ref.installationId,
    });
    const guarded = createGuard({
      ...common,
      place,
      authorize: async (kind) => `token ${await tokens.tokenFor(ref, purpose, kind)}`,
      whereabouts: async () => {
        const { data } = await octokit.request("GET /repositories/{id}", { id: ref.id });
        const found = { owner: String(data.owner.login), repo: String(data.name) };
        names.set(ref.id, found);
        return found;
      },
    });
    const octokit = newOctokit(addresses, settings.log, (request, options) => guarded(request, options));
    return {
      ref,
      appId: settings.appId,
      addresses,
      octokit,
      at,
      moveTo: (found) => void names.set(ref.id, found),
      token: (purposeOfToken) => tokens.tokenFor(ref, purposeOfToken, "cached"),
      markers: async () => {
        const { botLogin } = await whoAmI();
        return createMarkers({
          key: settings.markerKey,
          repositoryId: ref.id,
          appId: settings.appId,
          botLogin,
        });
      },
      redactor: redactors.current,
      effects: {
        settleMs: settings.settleMs ?? 15_000,
        sleep,
        now,
        log: settings.log,
        explain: (answer, op) => askAbout(answer, { what: op, path: "", access: "write" }, place()),
      },
    };
  }

  return { appId: settings.appId, addresses, app: () => appClient, identity: whoAmI, repository };
}

type Hook = (request: Octokit["request"], options: Options) => Promise<Response>;

/**
 * The hook comes in as an authentication strategy because Octokit puts that one innermost. A hook that is added later
 * cannot change a call: the hooks below it were bound to the options as they were (before-after-hook).
 */
function newOctokit(addresses: Addresses, log: Logger, hook: Hook): Octokit {
  return new Octokit({
    authStrategy: () => Object.assign(() => Promise.resolve({ type: "guarded" }), { hook }),
    baseUrl: addresses.api,
    userAgent: "fixpoint",
    // What Octokit would print about each request and failure is logged by the guard, in our words.
    log: { debug: () => {}, info: () => {}, warn: (message: string) => log.warn(message), error: () => {} },
  });
}

/** The exact net learns each minted token; the oldest are forgotten, since a token lives an hour. */
function createGrowingRedactor(fixed: readonly string[]): { current(): Redactor; add(secret: string): void } {
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
