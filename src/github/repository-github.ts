import type { Octokit } from "@octokit/rest";
import type { Redactor } from "../report/redact.ts";
import type { RepositoryRef } from "../run/request.ts";
import type { Addresses } from "./addresses.ts";
import type { EffectDeps } from "./effect.ts";
import { createGuard, type GuardDeps } from "./guard.ts";
import { createMarkers, type Markers } from "./marker.ts";
import { newOctokit } from "./octokit.ts";
import { askAbout } from "./refusal.ts";
import type { Purpose, Tokens } from "./token.ts";

export interface RepositoryNames {
  owner: string;
  repo: string;
}

/** One repository as this App may see and change it. What the functions of this folder take as their first argument. */
export interface RepositoryGithub {
  readonly ref: RepositoryRef;
  readonly appId: number;
  readonly addresses: Addresses;
  /** guarded: see `guard.ts` */
  readonly octokit: Octokit;
  /** owner and name as they are now: they follow a rename or a transfer */
  at(): RepositoryNames;
  /** from now on under this name; called with what GitHub says about the repository's id */
  moveTo(names: RepositoryNames): void;
  /** a token for this repository only; `AskPerson` names every permission that the installation has not granted */
  token(purpose: Purpose): Promise<string>;
  markers(): Promise<Markers>;
  /** login under which the App writes */
  botLogin(): Promise<string>;
  redactor(): Redactor;
  readonly effects: EffectDeps;
}

/** What all repositories of one App share. */
export interface SharedParts extends Pick<GuardDeps, "log" | "now" | "sleep" | "timeoutMs" | "redactor"> {
  appId: number;
  addresses: Addresses;
  tokens: Tokens;
  /** new names of repositories that were renamed, by id */
  names: Map<number, RepositoryNames>;
  botLogin(): Promise<string>;
  markerKey: string;
  settleMs: number;
}

/** `mayWrite` throws when the caller may not write any more: asked at the last moment before each write leaves. */
export function openRepository(
  parts: SharedParts,
  ref: RepositoryRef,
  { purpose, mayWrite }: { purpose: Purpose; mayWrite(): void },
): RepositoryGithub {
  const { addresses, tokens, names, log, now, sleep } = parts;
  const at = () => names.get(ref.id) ?? { owner: ref.owner, repo: ref.name };
  const place = () => ({
    web: addresses.web,
    repository: `${at().owner}/${at().repo}`,
    installationId: ref.installationId,
  });
  const guarded = createGuard({
    ...parts,
    place,
    mayWrite,
    authorize: async (kind) => `token ${await tokens.bestFor(ref, purpose, kind)}`,
    whereabouts: async () => {
      const { data } = await octokit.request("GET /repositories/{id}", { id: ref.id });
      const found = { owner: String(data.owner.login), repo: String(data.name) };
      names.set(ref.id, found);
      return found;
    },
  });
  const octokit = newOctokit(addresses.api, log, (request, options) => guarded(request, options));
  return {
    ref,
    appId: parts.appId,
    addresses,
    octokit,
    at,
    moveTo: (found) => void names.set(ref.id, found),
    token: (wanted) => tokens.tokenFor(ref, wanted, "cached"),
    markers: async () => {
      const botLogin = await parts.botLogin();
      return createMarkers({ key: parts.markerKey, repositoryId: ref.id, appId: parts.appId, botLogin });
    },
    botLogin: parts.botLogin,
    redactor: parts.redactor,
    effects: {
      settleMs: parts.settleMs,
      sleep,
      now,
      log,
      explain: (answer, op) => askAbout(answer, { what: op, path: "", access: "write" }, place()),
    },
  };
}
