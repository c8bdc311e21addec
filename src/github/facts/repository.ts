import { z } from "zod";
import { orNull } from "../pages.ts";
import type { RepositoryGithub } from "../repository-github.ts";

// This route is not in Octokit's types, so its answer is read with a schema.
const repositorySchema = z.object({
  id: z.int(),
  name: z.string(),
  owner: z.object({ login: z.string() }),
  default_branch: z.string(),
  archived: z.boolean(),
  private: z.boolean(),
  html_url: z.string(),
});

/** The repository as it is now, found by its id; null when it is gone or out of the App's reach. */
export interface RepositoryFacts {
  id: number;
  owner: string;
  name: string;
  defaultBranch: string;
  archived: boolean;
  private: boolean;
  url: string;
}

export async function fetchRepository(repository: RepositoryGithub): Promise<RepositoryFacts | null> {
  // By id: another repository may have taken the old name.
  const answer = await orNull(
    repository.octokit.request("GET /repositories/{id}", { id: repository.ref.id }),
  );
  if (!answer) return null;
  const facts = repositorySchema.parse(answer.data);
  repository.moveTo({ owner: facts.owner.login, repo: facts.name });
  return {
    id: facts.id,
    owner: facts.owner.login,
    name: facts.name,
    defaultBranch: facts.default_branch,
    archived: facts.archived,
    private: facts.private,
    url: facts.html_url,
  };
}

/** SHA that a branch points to; null when there is no such branch. */
export async function fetchHead(repository: RepositoryGithub, branch: string): Promise<string | null> {
  const answer = await orNull(
    repository.octokit.rest.git.getRef({ ...repository.at(), ref: `heads/${branch}` }),
  );
  return answer?.data.object.sha ?? null;
}

export type Permission = "admin" | "write" | "read" | "none";

/**
 * What a person may do here, asked of GitHub and never read off a payload (`author_association` is wrong for private members).
 * `maintain` counts as `write`, `triage` as `read`: that is how this endpoint maps them.
 */
export async function fetchPermission(repository: RepositoryGithub, login: string): Promise<Permission> {
  const answer = await orNull(
    repository.octokit.rest.repos.getCollaboratorPermissionLevel({ ...repository.at(), username: login }),
  );
  const permission = answer?.data.permission;
  return permission === "admin" || permission === "write" || permission === "read" ? permission : "none";
}

/** Where to fetch from, with a token that can do nothing else. It belongs into `GIT_CONFIG_*` only. */
export async function gitRemote(repository: RepositoryGithub): Promise<{ url: string; token: string }> {
  const { owner, repo } = repository.at();
  return { url: repository.addresses.gitUrl(owner, repo), token: await repository.token("git") };
}
