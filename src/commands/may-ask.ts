import type { Actor, RepositoryRef } from "../run/request.ts";
import type { CommandGithub } from "./command-github.ts";

/** `bot` and `own_app` get no answer: two machines that answer each other never stop. */
export type MayAsk = { verdict: "yes" } | { verdict: "no"; because: "no_write_access" | "bot" | "own_app" };

/**
 * Who may ask: people who can write to the repository, as GitHub says now. The payload's `author_association` is wrong for
 * private members, and says nothing about a permission. A bot only by its numeric id, since anybody can take a name like another's.
 */
export async function mayAsk(
  actor: Actor,
  repository: RepositoryRef,
  deps: { github: Pick<CommandGithub, "permissionOf" | "botLogin">; botIds: readonly number[] },
): Promise<MayAsk> {
  if (deps.botIds.includes(actor.id)) {
    return actor.login === (await deps.github.botLogin())
      ? { verdict: "no", because: "own_app" }
      : { verdict: "yes" };
  }
  if (actor.login.endsWith("[bot]")) return { verdict: "no", because: "bot" };
  const permission = await deps.github.permissionOf(repository, actor.login);
  switch (permission) {
    case "admin":
    case "maintain":
    case "write":
      return { verdict: "yes" };
    case "triage":
    case "read":
    case "none":
      return { verdict: "no", because: "no_write_access" };
    default:
      return permission satisfies never;
  }
}
