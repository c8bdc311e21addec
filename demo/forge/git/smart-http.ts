import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { rulesAsLines } from "../branch-rules.ts";
import type { Fault } from "../levers.ts";
import { canSee, hasRole, installationMay } from "../permissions.ts";
import type { Repository } from "../records/repository.ts";
import { Refusal } from "../refusal.ts";
import { findMovedRepository, findRepository } from "../state.ts";
import { refChanged } from "../verbs/ref.ts";
import type { Actor, World } from "../world.ts";
import { listRefs, readRef } from "./refs.ts";
import { type Service, startService } from "./server-program.ts";

/** `/OWNER/REPO.git/info/refs` and the two services below it; null for any other path. */
export function matchGit(path: string): { owner: string; name: string; rest: string } | null {
  const [, owner, name, rest] =
    /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(path) ?? [];
  return owner === undefined || name === undefined || rest === undefined ? null : { owner, name, rest };
}

function mayWrite(actor: Actor, repository: Repository): boolean {
  if (actor.kind === "installation") return installationMay(actor, repository, "contents:write");
  return actor.kind === "person" && hasRole(repository, actor.account, "write");
}

function mayRead(actor: Actor, repository: Repository): boolean {
  if (actor.kind === "installation" && repository.private)
    return installationMay(actor, repository, "contents:read");
  return canSee(actor, repository);
}

export type GitDoor = {
  world: World;
  who: Actor | Refusal;
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  fault: Fault | null;
};

type Refused = { status: number; text: string };

const isService = (name: string | null): name is Service =>
  name === "git-upload-pack" || name === "git-receive-pack";

/** Who may not, and in GitHub's words why. */
function refuse(repository: Repository | null, service: Service, actor: Actor): Refused | null {
  const isAnonymous = actor.kind === "anonymous";
  if (repository === null || !mayRead(actor, repository)) {
    return isAnonymous
      ? { status: 401, text: "Authentication required." }
      : { status: 404, text: "Repository not found." };
  }
  if (service === "git-upload-pack") return null;
  if (!mayWrite(actor, repository)) {
    return isAnonymous
      ? { status: 401, text: "No anonymous write access." }
      : { status: 403, text: "Write access to repository not granted." };
  }
  if (repository.archived) return { status: 403, text: "This repository was archived so it is read-only." };
  return null;
}

/** Serves git over HTTP with git's own programs and GitHub's permissions. Gives back the status that was sent, 0 for none. */
export async function serveGit(
  door: GitDoor,
  place: { owner: string; name: string; rest: string },
): Promise<number> {
  const { world, who, request, response, url, fault } = door;
  const plain = ({ status, text }: Refused): number => {
    response.writeHead(status, {
      "content-type": "text/plain; charset=utf-8",
      ...(status === 401 ? { "www-authenticate": 'Basic realm="GitHub"' } : {}),
    });
    response.end(text);
    return status;
  };
  if (fault !== null && "dropBefore" in fault) return cutOff(request);
  if (fault !== null && "status" in fault) return plain({ status: fault.status, text: "Fault" });
  if (fault !== null && "delayMs" in fault) await pause(fault.delayMs);
  if (who instanceof Refusal) return plain({ status: 401, text: "Bad credentials" });
  const service = place.rest === "info/refs" ? url.searchParams.get("service") : place.rest;
  if (!isService(service)) return plain({ status: 403, text: "Please upgrade your git client." });
  const known = findRepository(world.state, place.owner, place.name);
  const repository = known ?? findMovedRepository(world.state, place.owner, place.name);
  const refused = refuse(repository, service, who);
  if (refused !== null || repository === null)
    return plain(refused ?? { status: 404, text: "Repository not found." });
  if (place.rest === "info/refs") return advertise(door, repository, service);
  if (service === "git-upload-pack") return send(door, repository);
  return receive(door, repository, who);
}

function cutOff(request: IncomingMessage): number {
  request.socket.destroy();
  return 0;
}

async function advertise(door: GitDoor, repository: Repository, service: Service): Promise<number> {
  const line = `# service=${service}\n`;
  const packet = `${(line.length + 4).toString(16).padStart(4, "0")}${line}0000`;
  door.response.writeHead(200, {
    "content-type": `application/x-${service}-advertisement`,
    "cache-control": "no-cache, max-age=0, must-revalidate",
  });
  door.response.write(packet);
  const git = startService(door.request, repository.gitDir, service, { advertise: true });
  await pipeline(git.output, door.response);
  return 200;
}

async function send(door: GitDoor, repository: Repository): Promise<number> {
  door.response.writeHead(200, {
    "content-type": "application/x-git-upload-pack-result",
    "cache-control": "no-cache",
  });
  const git = startService(door.request, repository.gitDir, "git-upload-pack", {});
  // A client that hangs up in the middle is its own business.
  await pipeline(git.output, door.response).catch(() => git.kill());
  await git.ended;
  return 200;
}

/** A push: git does the work, then whatever moved is told as if the API had moved it, and then the answer goes out. */
async function receive(door: GitDoor, repository: Repository, actor: Actor): Promise<number> {
  const { world, fault, request, response } = door;
  if (actor.kind !== "installation" && actor.kind !== "person") return cutOff(request);
  const main = await readRef(repository.gitDir, `refs/heads/${repository.defaultBranch}`);
  const mayChangeWorkflows = actor.kind === "person" || installationMay(actor, repository, "workflows:write");
  const isAdmin = actor.kind === "person" && hasRole(repository, actor.account, "admin");
  const env = {
    FORGE_WORKFLOWS: mayChangeWorkflows ? "allowed" : "denied",
    FORGE_PROTECTED: isAdmin ? "" : [...repository.protection.keys()].join("\n"),
    FORGE_RULES: rulesAsLines(repository),
    FORGE_DEFAULT_SHA: main?.sha ?? "",
  };
  const said = await world.exclusive(repository, async () => {
    const refs = async () =>
      new Map((await listRefs(repository.gitDir, "refs/")).map((ref) => [ref.name, ref.sha]));
    const before = await refs();
    const git = startService(request, repository.gitDir, "git-receive-pack", { env });
    const chunks: Buffer[] = [];
    for await (const chunk of git.output as AsyncIterable<Buffer>) chunks.push(chunk);
    await git.ended;
    const after = await refs();
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const change = { ref: name, before: before.get(name) ?? null, after: after.get(name) ?? null };
      if (change.before !== change.after) await refChanged(world, repository, actor.account, change);
    }
    return Buffer.concat(chunks);
  });
  if (fault !== null && "dropAfter" in fault) return cutOff(request);
  response
    .writeHead(200, { "content-type": "application/x-git-receive-pack-result", "cache-control": "no-cache" })
    .end(said);
  return 200;
}
