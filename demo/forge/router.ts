import type { Answer, Call, RepositoryCall } from "./call.ts";
import { checkAccess, type Door, needsOf } from "./permissions.ts";
import type { Repository } from "./records/repository.ts";
import { notFound, Refusal, requiresAuthentication } from "./refusal.ts";
import { findMovedRepository, findRepository } from "./state.ts";

/** A route below `/repos/:owner/:repo`: who may, and what happens. */
type RepositoryRoute = Door & { run: (call: RepositoryCall) => Promise<Answer> | Answer };
export type RepositoryRoutes = Record<string, RepositoryRoute>;

/** Any other route: `app` wants the app's own JWT, `installation` a token, `anyone` nothing. */
type PlainRoute = {
  who: "app" | "installation" | "user" | "anyone";
  run: (call: Call) => Promise<Answer> | Answer;
};
export type PlainRoutes = Record<string, PlainRoute>;

export type Router = (call: Call) => Promise<Answer>;

type Compiled<R> = { method: string; pattern: RegExp; names: string[]; route: R };

/** `:name` is one part of a path, `:name*` is the rest of it, slashes included. */
function compile<R>(table: Record<string, R>): Compiled<R>[] {
  return Object.entries(table).map(([key, route]) => {
    const [method = "", template = ""] = key.split(" ");
    const names: string[] = [];
    const source = template.replace(/:(\w+)(\*?)/g, (_, name: string, rest: string) => {
      names.push(name);
      return rest === "*" ? "(.+)" : "([^/]+)";
    });
    return { method, pattern: new RegExp(`^${source}$`), names, route };
  });
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Refusal(400, { message: "Bad Request" });
  }
}

function match<R>(
  compiled: Compiled<R>[],
  method: string,
  path: string,
): { route: R; params: Record<string, string> } | null {
  for (const candidate of compiled) {
    if (candidate.method !== method) continue;
    const found = candidate.pattern.exec(path);
    if (found === null) continue;
    const params = Object.fromEntries(
      candidate.names.map((name, index) => [name, decodePart(found[index + 1] ?? "")]),
    );
    return { route: candidate.route, params };
  }
  return null;
}

/** `/repositories/ID/…` is the same as `/repos/OWNER/NAME/…`; a former name is answered with a redirect to the former. */
function locate(call: Call): { repository: Repository; path: string } | null {
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(call.path);
  if (byId !== null) {
    const repository = call.world.state.repositories.get(Number(byId[1]));
    if (repository === undefined) throw notFound();
    return { repository, path: byId[2] ?? "" };
  }
  const byName = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(call.path);
  if (byName === null) return null;
  const owner = decodePart(byName[1] ?? "");
  const name = decodePart(byName[2] ?? "");
  const repository = findRepository(call.world.state, owner, name);
  if (repository !== null) return { repository, path: byName[3] ?? "" };
  const moved = findMovedRepository(call.world.state, owner, name);
  if (moved === null) throw notFound();
  throw movedTo(call, moved, byName[3] ?? "");
}

function movedTo(call: Call, repository: Repository, rest: string): Refusal {
  const query = call.query.toString();
  const url = `${call.world.api}/repositories/${repository.id}${rest}${query === "" ? "" : `?${query}`}`;
  // GitHub keeps the method for writes by answering 307 there.
  const status = call.method === "GET" || call.method === "HEAD" ? 301 : 307;
  return new Refusal(
    status,
    { message: status === 301 ? "Moved Permanently" : "Temporary Redirect", url },
    { location: url },
  );
}

function admit(call: Call, route: PlainRoute): void {
  const { kind } = call.actor;
  if (route.who === "app" && kind !== "app")
    throw new Refusal(401, { message: "A JSON web token could not be decoded" });
  if (route.who === "installation" && kind !== "installation") {
    throw new Refusal(403, {
      message:
        "You must authenticate with an installation access token in order to list repositories for an installation.",
    });
  }
  if (route.who === "user" && (kind === "anonymous" || kind === "app")) throw requiresAuthentication();
}

export function createRouter(repositoryTable: RepositoryRoutes, plainTable: PlainRoutes): Router {
  const repositoryRoutes = compile(repositoryTable);
  const plainRoutes = compile(plainTable);
  return async (call) => {
    const method = call.method === "HEAD" ? "GET" : call.method;
    const plain = match(plainRoutes, method, call.path);
    if (plain !== null) {
      admit(call, plain.route);
      return plain.route.run({ ...call, params: plain.params });
    }
    const place = locate(call);
    if (place === null) throw notFound();
    const found = match(
      repositoryRoutes,
      method,
      `/repos/:owner/:repo${place.path}`.replace("/:owner/:repo", "/o/r"),
    );
    if (found === null) throw notFound();
    checkAccess(call, place.repository, found.route);
    const answer = await found.route.run({ ...call, params: found.params, repository: place.repository });
    const accepted = needsOf(found.route)
      .map((need) => need.replace(":", "="))
      .join("; ");
    return { ...answer, headers: { "x-accepted-github-permissions": accepted, ...answer.headers } };
  };
}
