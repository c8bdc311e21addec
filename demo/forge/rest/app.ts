import { type Call, created, noContent, numberParam, ok } from "../call.ts";
import { asFields, list, texts } from "../fields.ts";
import { page } from "../paging.ts";
import type { Access, Installation } from "../records/installation.ts";
import type { Repository } from "../records/repository.ts";
import { notFound, Refusal, unprocessable } from "../refusal.ts";
import type { PlainRoutes } from "../router.ts";
import { shapeInstallation, shapeOurApp, shapeToken } from "../shapes/app.ts";
import { shapeRepository } from "../shapes/repository.ts";
import { installationOf } from "../state.ts";
import { mintToken } from "../tokens.ts";
import { setSuspended, uninstall } from "../verbs/installation.ts";

function installationById(call: Call): Installation {
  const installation = call.world.state.installations.get(numberParam(call, "id"));
  if (installation === undefined) throw notFound();
  return installation;
}

const repositoriesOf = (call: Call, installation: Installation): Repository[] =>
  [...call.world.state.repositories.values()].filter(
    (one) =>
      one.owner.id === installation.account.id &&
      (installation.repositories === "all" || installation.repositories.has(one.id)),
  );

/** The repositories a token is asked for: by id or by name; every one of them must be the installation's. */
function narrowedRepositories(call: Call, installation: Installation): Set<number> | null {
  const ids = list(call.body, "repository_ids");
  const names = texts(call.body, "repositories");
  if (ids === undefined && names === undefined) return null;
  const reachable = repositoriesOf(call, installation);
  const wanted = [
    ...(ids ?? []).map((id) => reachable.find((one) => one.id === id)),
    ...(names ?? []).map((name) => reachable.find((one) => one.name.toLowerCase() === name.toLowerCase())),
  ];
  const found = wanted.flatMap((one) => one?.id ?? []);
  if (found.length < wanted.length) {
    throw unprocessable(
      "There is at least one repository that does not exist or is not accessible to the parent installation.",
    );
  }
  return new Set(found);
}

/** Permissions can be narrowed, never widened. Metadata can always be read. */
function narrowedPermissions(call: Call, installation: Installation): Record<string, Access> {
  if (call.body["permissions"] === undefined) return { ...installation.permissions };
  const narrowed: Record<string, Access> = { metadata: "read" };
  for (const [name, access] of Object.entries(asFields(call.body["permissions"]))) {
    const held = name === "metadata" ? "read" : installation.permissions[name];
    if (
      (access !== "read" && access !== "write") ||
      held === undefined ||
      (access === "write" && held === "read")
    ) {
      throw unprocessable("The permissions requested are not granted to this installation.");
    }
    narrowed[name] = access;
  }
  return narrowed;
}

function createToken(call: Call) {
  const installation = installationById(call);
  if (installation.suspendedAt !== null)
    throw new Refusal(403, { message: "This installation has been suspended" });
  const permissions = narrowedPermissions(call, installation);
  const repositories = narrowedRepositories(call, installation);
  return created(shapeToken(call.world, mintToken(call.world, installation, { permissions, repositories })));
}

function rateLimit(call: Call) {
  const reset = Math.floor(call.world.now().getTime() / 1000) + 3_600;
  const full = { limit: 5_000, used: 0, remaining: 5_000, reset };
  return ok({
    resources: { core: full, search: { ...full, limit: 30, remaining: 30 }, graphql: full },
    rate: full,
  });
}

function accessible(call: Call) {
  if (call.actor.kind !== "installation") throw notFound();
  const { installation, token } = call.actor;
  const repositories = repositoriesOf(call, installation).filter(
    (one) => token.repositories?.has(one.id) ?? true,
  );
  return page(
    call,
    repositories,
    (one) => shapeRepository(call.world, one),
    (items, total) => ({
      total_count: total,
      repository_selection:
        installation.repositories === "all" && token.repositories === null ? "all" : "selected",
      repositories: items,
    }),
  );
}

export const appRoutes: PlainRoutes = {
  "GET /app": {
    who: "app",
    run: (call) =>
      ok({ ...shapeOurApp(call.world), installations_count: call.world.state.installations.size }),
  },
  "GET /app/installations": {
    who: "app",
    run: (call) =>
      page(call, [...call.world.state.installations.values()], (one) => shapeInstallation(call.world, one)),
  },
  "GET /app/installations/:id": {
    who: "app",
    run: (call) => ok(shapeInstallation(call.world, installationById(call))),
  },
  "POST /app/installations/:id/access_tokens": { who: "app", run: createToken },
  "PUT /app/installations/:id/suspended": {
    who: "app",
    run: (call) => {
      setSuspended(call.world, installationById(call), call.world.app.owner, true);
      return noContent();
    },
  },
  "DELETE /app/installations/:id/suspended": {
    who: "app",
    run: (call) => {
      setSuspended(call.world, installationById(call), call.world.app.owner, false);
      return noContent();
    },
  },
  "DELETE /app/installations/:id": {
    who: "app",
    run: (call) => {
      uninstall(call.world, installationById(call), call.world.app.owner);
      return noContent();
    },
  },
  "GET /repos/:owner/:repo/installation": {
    who: "app",
    run: (call) => {
      const name = `${call.params["owner"] ?? ""}/${call.params["repo"] ?? ""}`.toLowerCase();
      const repository = [...call.world.state.repositories.values()].find(
        (one) => `${one.owner.login}/${one.name}`.toLowerCase() === name,
      );
      const installation = repository === undefined ? null : installationOf(call.world.state, repository);
      if (installation === null) throw notFound();
      return ok(shapeInstallation(call.world, installation));
    },
  },
  "GET /installation/repositories": { who: "installation", run: accessible },
  "DELETE /installation/token": {
    who: "installation",
    run: (call) => {
      if (call.actor.kind === "installation") call.world.state.tokens.delete(call.actor.token.value);
      return noContent();
    },
  },
  "GET /rate_limit": { who: "anyone", run: rateLimit },
  "GET /meta": { who: "anyone", run: () => ok({ verifiable_password_authentication: false }) },
  "GET /zen": { who: "anyone", run: () => ({ status: 200, text: "Keep it logically awesome." }) },
};
