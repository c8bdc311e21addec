import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { canSee, hasRole, installationMay } from "../permissions.ts";
import { findMovedRepository, findRepository, type Repository } from "../state.ts";
import { refChanged } from "../verbs/ref.ts";
import type { Actor, World } from "../world.ts";
import { listRefs, readRef } from "./refs.ts";
import { gitEnvironment } from "./run.ts";

type Service = "git-upload-pack" | "git-receive-pack";

/** `/OWNER/REPO.git/info/refs` and the two services below it; null for any other path. */
export function matchGit(path: string): { owner: string; name: string; rest: string } | null {
  const match = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path);
  return match === null ? null : { owner: match[1] ?? "", name: match[2] ?? "", rest: match[3] ?? "" };
}

const plain = (
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", ...headers });
  response.end(text);
};

function mayWrite(actor: Actor, repository: Repository): boolean {
  if (actor.kind === "installation") return installationMay(actor, repository, "contents:write");
  return actor.kind === "person" && hasRole(repository, actor.account, "write");
}

function mayRead(actor: Actor, repository: Repository): boolean {
  if (actor.kind === "installation" && repository.private)
    return installationMay(actor, repository, "contents:read");
  return canSee(actor, repository);
}

type Door = { world: World; actor: Actor; request: IncomingMessage; response: ServerResponse; url: URL };

/** Serves git over HTTP with git's own programs; permissions are GitHub's. */
export async function serveGit(
  door: Door,
  place: { owner: string; name: string; rest: string },
): Promise<void> {
  const { world, actor, response, url } = door;
  const repository =
    findRepository(world.state, place.owner, place.name) ??
    findMovedRepository(world.state, place.owner, place.name);
  const named = place.rest === "info/refs" ? url.searchParams.get("service") : place.rest;
  if (named !== "git-upload-pack" && named !== "git-receive-pack") {
    return plain(response, 403, "Please upgrade your git client.\n");
  }
  if (repository === null || !mayRead(actor, repository)) {
    if (actor.kind === "anonymous") return askForToken(response);
    return plain(response, 404, "Repository not found.");
  }
  if (named === "git-receive-pack" && !mayWrite(actor, repository)) {
    if (actor.kind === "anonymous") return askForToken(response);
    return plain(response, 403, "Write access to repository not granted.");
  }
  if (named === "git-receive-pack" && repository.archived) {
    return plain(response, 403, "This repository was archived so it is read-only.");
  }
  if (place.rest === "info/refs") return advertise(door, repository, named);
  if (named === "git-upload-pack") return run(door, repository, named, {});
  await receive(door, repository);
}

const askForToken = (response: ServerResponse) =>
  plain(response, 401, "No anonymous write access.", { "www-authenticate": 'Basic realm="GitHub"' });

const protocolOf = (request: IncomingMessage): Record<string, string> => {
  const version = request.headers["git-protocol"];
  return typeof version === "string" && /^[\w=:.-]+$/.test(version) ? { GIT_PROTOCOL: version } : {};
};

function start(
  door: Door,
  repository: Repository,
  service: Service,
  flags: string[],
  env: Record<string, string>,
) {
  const args = [service.slice("git-".length), "--stateless-rpc", ...flags, repository.gitDir];
  return spawn("git", ["-c", "safe.directory=*", ...args], {
    env: gitEnvironment({ ...protocolOf(door.request), ...env }),
    stdio: ["pipe", "pipe", "pipe"],
  });
}

async function advertise(door: Door, repository: Repository, service: Service): Promise<void> {
  const line = `# service=${service}\n`;
  const packet = `${(line.length + 4).toString(16).padStart(4, "0")}${line}0000`;
  door.response.writeHead(200, {
    "content-type": `application/x-${service}-advertisement`,
    "cache-control": "no-cache, max-age=0, must-revalidate",
  });
  door.response.write(packet);
  const child = start(door, repository, service, ["--advertise-refs"], {});
  child.stderr.resume();
  child.stdin.end();
  await pipeline(child.stdout, door.response);
}

async function run(
  door: Door,
  repository: Repository,
  service: Service,
  env: Record<string, string>,
): Promise<void> {
  door.response.writeHead(200, {
    "content-type": `application/x-${service}-result`,
    "cache-control": "no-cache",
  });
  const child = start(door, repository, service, [], env);
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const body = door.request.headers["content-encoding"] === "gzip" ? createGunzip() : null;
  // A client that hangs up ends git too; what git had to say about it goes to the log.
  const fed = body === null ? pipeline(door.request, child.stdin) : pipeline(door.request, body, child.stdin);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const results = await Promise.allSettled([fed, pipeline(child.stdout, door.response)]);
  if (results.some((result) => result.status === "rejected")) child.kill();
  const code = await ended;
  if (code !== 0)
    door.world.log(`${service} ended with ${code}: ${Buffer.concat(errors).toString("utf8").trim()}`);
}

/** A push: git does the work, then whatever moved is told as if the API had moved it. */
async function receive(door: Door, repository: Repository): Promise<void> {
  const { world, actor } = door;
  if (actor.kind !== "installation" && actor.kind !== "person") return;
  const main = await readRef(repository.gitDir, `refs/heads/${repository.defaultBranch}`);
  const admin = actor.kind === "person" && hasRole(repository, actor.account, "admin");
  const env = {
    FORGE_WORKFLOWS:
      actor.kind === "installation" && !installationMay(actor, repository, "workflows:write")
        ? "denied"
        : "allowed",
    FORGE_PROTECTED: admin ? "" : [...repository.protection.keys()].join("\n"),
    FORGE_DEFAULT_SHA: main?.sha ?? "",
  };
  await world.exclusive(repository, async () => {
    const before = new Map((await listRefs(repository.gitDir, "refs/")).map((ref) => [ref.name, ref.sha]));
    await run(door, repository, "git-receive-pack", env);
    const after = new Map((await listRefs(repository.gitDir, "refs/")).map((ref) => [ref.name, ref.sha]));
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const change = { ref: name, before: before.get(name) ?? null, after: after.get(name) ?? null };
      if (change.before !== change.after) await refChanged(world, repository, actor.account, change);
    }
  });
}
