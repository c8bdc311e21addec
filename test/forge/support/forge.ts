import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import {
  createForge,
  type Forge,
  type ForgeOptions,
  type InstallOptions,
  type NewRepository,
} from "../../../demo/forge/forge.ts";

// Making a key takes longer than everything else here: one for each file of tests.
const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export const WORKFLOW = `name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: grep -q fixed a.txt
`;

export const FILES: Record<string, string> = { "a.txt": "broken\n", "docs/b.txt": "one\ntwo\nthree\n" };

/** Writes a small repository as a plain directory. */
export async function writeFiles(directory: string, files: Record<string, string>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  return directory;
}

export type Hook = { headers: Record<string, string>; body: string; payload: Record<string, unknown> };

export type Stage = {
  forge: Forge;
  dir: string;
  repo: { owner: string; repo: string };
  /** the app's own client (JWT), and one of the installation */
  app: Octokit;
  octokit: Octokit;
  installationId: number;
  /** webhooks as they came in */
  hooks: Hook[];
  /** `event.action` of each, in order */
  events: () => string[];
  /** what the receiver answers; 200 at first */
  answer: { status: number };
  token: (wanted?: {
    permissions?: Record<string, "read" | "write">;
    repositoryIds?: number[];
  }) => Promise<string>;
  octokitWith: (token: string) => Octokit;
  clone: (name: string, token: string, ...flags: string[]) => Promise<string>;
  stop: () => Promise<void>;
};

export type StageOptions = {
  files?: Record<string, string>;
  install?: InstallOptions;
  repository?: Partial<NewRepository>;
  forge?: Partial<ForgeOptions>;
  /** what the clients call instead of `fetch` */
  fetch?: typeof fetch;
};

/** A forge with one repository, `acme/lib`, robin who may write, ada who maintains, eve from outside, and the app installed. */
export async function setStage(options: StageOptions = {}): Promise<Stage> {
  const dir = await mkdtemp(path.join(tmpdir(), "forge-test-"));
  const from = await writeFiles(path.join(dir, "source"), options.files ?? FILES);
  const forge = await createForge({ dataDir: path.join(dir, "forge"), privateKey, ...options.forge });
  const hooks: Hook[] = [];
  const answer = { status: 200 };
  const server = await receive(hooks, answer);
  forge.setWebhook({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secret: "it's a secret",
  });
  for (const login of ["robin", "ada", "eve"]) forge.createUser(login);
  const collaborators = { robin: "write", ada: "maintain" } as const;
  await forge.createRepository({ owner: "acme", name: "lib", from, collaborators, ...options.repository });
  const installation = forge.install("acme", options.install);
  const auth = { appId: forge.app.id, privateKey: forge.app.privateKey };
  const common = {
    baseUrl: `${forge.url}/api/v3`,
    log: silent,
    ...(options.fetch === undefined ? {} : { request: { fetch: options.fetch } }),
  };
  const app = new Octokit({ ...common, authStrategy: createAppAuth, auth });
  const octokit = new Octokit({
    ...common,
    authStrategy: createAppAuth,
    auth: { ...auth, installationId: installation.id },
  });
  return {
    forge,
    dir,
    repo: { owner: "acme", repo: "lib" },
    app,
    octokit,
    installationId: installation.id,
    hooks,
    events: () =>
      hooks.map(({ headers, payload }) =>
        [headers["x-github-event"], payload["action"]].filter(Boolean).join("."),
      ),
    answer,
    token: async ({ permissions, repositoryIds } = {}) => {
      const made = await app.rest.apps.createInstallationAccessToken({
        installation_id: installation.id,
        ...(permissions === undefined ? {} : { permissions }),
        ...(repositoryIds === undefined ? {} : { repository_ids: repositoryIds }),
      });
      return made.data.token;
    },
    octokitWith: (token) => new Octokit({ ...common, auth: token }),
    clone: async (name, token, ...flags) => {
      const to = path.join(dir, name);
      await git(
        dir,
        "clone",
        "--quiet",
        ...flags,
        `http://x-access-token:${token}@${new URL(forge.url).host}/acme/lib.git`,
        to,
      );
      return to;
    },
    stop: async () => {
      await forge.stop();
      server.closeAllConnections();
      server.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function receive(hooks: Hook[], answer: { status: number }): Promise<Server> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      hooks.push({ headers: request.headers as Record<string, string>, body, payload: JSON.parse(body) });
      response.writeHead(answer.status).end("ok");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return server;
}

const run = promisify(execFile);

/** Real git as a client would run it; what it said on stderr is part of the error. */
export async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run("git", args, {
    cwd,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: "/nonexistent",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "Robin",
      GIT_AUTHOR_EMAIL: "robin@example.com",
      GIT_COMMITTER_NAME: "Robin",
      GIT_COMMITTER_EMAIL: "robin@example.com",
    },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.trimEnd();
}

/** One commit on a new branch through the Git Data API, as the product makes it. */
export async function commitByApi(
  stage: Stage,
  branch: string,
  files: Record<string, string>,
  message = "fix: mend it",
): Promise<string> {
  const { octokit, repo } = stage;
  const main = await octokit.rest.git.getRef({ ...repo, ref: "heads/main" });
  const parent = await octokit.rest.git.getCommit({ ...repo, commit_sha: main.data.object.sha });
  const tree = await octokit.rest.git.createTree({
    ...repo,
    base_tree: parent.data.tree.sha,
    tree: Object.entries(files).map(([name, content]) => ({
      path: name,
      mode: "100644" as const,
      type: "blob" as const,
      content,
    })),
  });
  const commit = await octokit.rest.git.createCommit({
    ...repo,
    message,
    tree: tree.data.sha,
    parents: [main.data.object.sha],
  });
  await octokit.rest.git.createRef({ ...repo, ref: `refs/heads/${branch}`, sha: commit.data.sha });
  return commit.data.sha;
}

/** The refusal of a call that must not succeed, as status and message. */
export async function refusalOf(call: Promise<unknown>): Promise<{ status: number; message: string }> {
  try {
    await call;
  } catch (error) {
    const { status, message, response } = error as {
      status: number;
      message: string;
      response?: { data: { message: string } };
    };
    return { status, message: response?.data.message ?? message };
  }
  throw new Error("the call was not refused");
}
