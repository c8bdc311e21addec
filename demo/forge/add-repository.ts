import path from "node:path";
import { accountNamed } from "./create-world.ts";
import { seedRepository } from "./git/seed.ts";
import type { Role } from "./records/account.ts";
import type { Repository } from "./records/repository.ts";
import { emailOf } from "./shapes/commit.ts";
import type { World } from "./world.ts";

export type NewRepository = {
  owner: string;
  name: string;
  /** the next free one when nothing is said; whoever keeps things by it from one forge to the next chooses it */
  id?: number;
  /** a directory (copied and committed), or a git repository by path or URL (cloned, its commits only) */
  from: string;
  defaultBranch?: string;
  private?: boolean;
  collaborators?: Record<string, Role>;
};

export async function addRepository(world: World, wanted: NewRepository): Promise<Repository> {
  const owner = accountNamed(world, wanted.owner, "User");
  const at = world.now();
  const id = wanted.id ?? world.state.nextId();
  const gitDir = path.join(world.dataDir, "repositories", `${id}.git`);
  const author = { name: owner.login, email: emailOf(owner) };
  const { from } = wanted;
  const defaultBranch = await seedRepository({
    from,
    gitDir,
    defaultBranch: wanted.defaultBranch,
    author,
    at,
  });
  const collaborators = Object.entries(wanted.collaborators ?? {}).map(
    ([login, role]) => [accountNamed(world, login, "User").id, role] as const,
  );
  const repository: Repository = {
    id,
    name: wanted.name,
    owner,
    private: wanted.private ?? false,
    archived: false,
    defaultBranch,
    gitDir,
    formerNames: [],
    collaborators: new Map(collaborators),
    labels: [],
    issues: new Map(),
    checkSuites: [],
    checkRuns: [],
    statuses: [],
    workflows: [],
    workflowRuns: [],
    signed: new Map(),
    protection: new Map(),
    rulesets: [],
    createdAt: at,
    updatedAt: at,
    pushedAt: at,
  };
  world.state.repositories.set(id, repository);
  return repository;
}
