import { generateKeyPairSync } from "node:crypto";
import nock from "nock";
import { pino } from "pino";
import {
  createGithub,
  type Github,
  type GithubSettings,
  type RepositoryGithub,
} from "../../src/github/client.ts";
import type { EffectRecord } from "../../src/github/effect.ts";
import type { RepositoryRef } from "../../src/run/request.ts";
import type { Receipt } from "../../src/run/run.ts";

export const API = "https://api.github.com";
export const REPO = "/repos/acme/shop";
export const NOW = Date.parse("2026-11-20T12:00:00Z");
export const ref: RepositoryRef = { id: 77, owner: "acme", name: "shop", installationId: 5 };

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

export const silent = pino({ level: "silent" });

export function newGithub(settings: Partial<GithubSettings> = {}): { github: Github; slept: number[] } {
  const slept: number[] = [];
  const github = createGithub({
    appId: 9,
    privateKey,
    apiUrl: API,
    markerKey: "marker-key-of-the-tests",
    log: silent,
    now: () => NOW,
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
    settleMs: 15_000,
    ...settings,
  });
  return { github, slept };
}

/** A repository whose token and App identity are answered as often as asked. */
export function newRepository(settings: Partial<GithubSettings> = {}): {
  repository: RepositoryGithub;
  slept: number[];
  tokens: object[];
} {
  const { github, slept } = newGithub(settings);
  const tokens: object[] = [];
  const origin = settings.apiUrl ?? API;
  nock(origin)
    .persist()
    .post("/app/installations/5/access_tokens", (body: object) => tokens.push(body) > 0)
    .reply(201, () => ({
      token: `ghs_test_token_${tokens.length}`,
      expires_at: "2026-11-20T13:00:00Z",
      permissions: {},
    }));
  nock(origin).persist().get("/app").reply(200, { id: 9, slug: "fixpoint-acme" });
  return { repository: github.repository(ref), slept, tokens };
}

/** An effect record in memory that keeps the order in which things happened. */
export function newRecord(before: { intended?: readonly string[]; receipts?: Record<string, Receipt> } = {}) {
  const journal: string[] = [];
  const intended = new Set(before.intended ?? []);
  const receipts = new Map(Object.entries(before.receipts ?? {}));
  let forbidden: Error | null = null;
  const record: EffectRecord = {
    receiptOf: (opKey) => receipts.get(opKey) ?? null,
    wasIntended: (opKey) => intended.has(opKey),
    intend(entry) {
      journal.push(`intended ${entry.op}`);
      intended.add(entry.opKey);
      return Promise.resolve();
    },
    done(entry) {
      journal.push(`${entry.how} ${entry.op}`);
      receipts.set(entry.opKey, entry.receipt);
      return Promise.resolve();
    },
    check() {
      if (forbidden) throw forbidden;
    },
  };
  function forbid(error: Error): void {
    forbidden = error;
  }
  return { record, journal, receipts, forbid };
}

/** A comment as the API hands it out, by our App unless said otherwise. */
export function apiComment(id: number, body: string, by: "us" | "another app" | "a person" = "us"): object {
  const apps = { us: { id: 9 }, "another app": { id: 4711 }, "a person": null };
  return {
    id,
    html_url: `https://github.com/acme/shop/issues/7#issuecomment-${id}`,
    body,
    user: by === "a person" ? { login: "mallory", type: "User" } : { login: "some-app[bot]", type: "Bot" },
    performed_via_github_app: apps[by],
  };
}
