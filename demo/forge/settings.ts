import { accountNamed } from "./create-world.ts";
import type { Account, Role } from "./records/account.ts";
import type { Access, Installation } from "./records/installation.ts";
import type { Repository, Rule } from "./records/repository.ts";
import { findAccount, findRepository } from "./state.ts";
import { changeRepositories, setPermissions, setSuspended, uninstall } from "./verbs/installation.ts";
import { emitIssue } from "./verbs/issue.ts";
import {
  archiveRepository,
  deleteRepository,
  renameRepository,
  setPrivate,
  transferRepository,
} from "./verbs/repository.ts";
import type { World } from "./world.ts";

/** What owners do on GitHub's settings pages. Each is told by its webhook, with the owner as sender. */
export type Settings = {
  rename: (owner: string, repo: string, name: string) => void;
  transfer: (owner: string, repo: string, newOwner: string) => void;
  archive: (owner: string, repo: string) => void;
  unarchive: (owner: string, repo: string) => void;
  remove: (owner: string, repo: string) => void;
  makePrivate: (owner: string, repo: string) => void;
  makePublic: (owner: string, repo: string) => void;
  collaborator: (owner: string, repo: string, login: string, role: Role | null) => void;
  /** protects a branch; `rules` is what the API answers to those who may ask */
  protect: (owner: string, repo: string, branch: string, rules?: Record<string, unknown>) => void;
  /** rules of a ruleset that holds for branches that begin with `prefix`; a required signature or check is enforced on pushes */
  addRuleset: (owner: string, repo: string, ruleset: { prefix: string; rules: Rule[] }) => void;
  deleteIssue: (owner: string, repo: string, number: number) => void;
  suspend: (owner: string) => void;
  unsuspend: (owner: string) => void;
  uninstall: (owner: string) => void;
  permissions: (owner: string, permissions: Record<string, Access>) => void;
  addRepositories: (owner: string, ...repos: string[]) => void;
  removeRepositories: (owner: string, ...repos: string[]) => void;
};

export function createSettings(world: World): Settings {
  const repositoryOf = (owner: string, repo: string): Repository => {
    const repository = findRepository(world.state, owner, repo);
    if (repository === null) throw new Error(`The forge knows no repository "${owner}/${repo}".`);
    return repository;
  };
  const installationOf = (owner: string): { installation: Installation; account: Account } => {
    const account = findAccount(world.state, owner);
    const installation = [...world.state.installations.values()].find((one) => one.account === account);
    if (account === null || installation === undefined)
      throw new Error(`The app is not installed on "${owner}".`);
    return { installation, account };
  };
  const named = (owner: string, repos: readonly string[]) => repos.map((repo) => repositoryOf(owner, repo));
  const on = (owner: string, repo: string, act: (repository: Repository, sender: Account) => void) => {
    const repository = repositoryOf(owner, repo);
    act(repository, repository.owner);
  };

  return {
    rename: (owner, repo, name) =>
      on(owner, repo, (one, sender) => renameRepository(world, one, name, sender)),
    transfer: (owner, repo, newOwner) =>
      on(owner, repo, (one, sender) =>
        transferRepository(world, one, accountNamed(world, newOwner, "User"), sender),
      ),
    archive: (owner, repo) => on(owner, repo, (one, sender) => archiveRepository(world, one, true, sender)),
    unarchive: (owner, repo) =>
      on(owner, repo, (one, sender) => archiveRepository(world, one, false, sender)),
    remove: (owner, repo) => on(owner, repo, (one, sender) => deleteRepository(world, one, sender)),
    makePrivate: (owner, repo) => on(owner, repo, (one, sender) => setPrivate(world, one, true, sender)),
    makePublic: (owner, repo) => on(owner, repo, (one, sender) => setPrivate(world, one, false, sender)),
    collaborator: (owner, repo, login, role) =>
      on(owner, repo, (one) => {
        const account = accountNamed(world, login, "User");
        if (role === null) one.collaborators.delete(account.id);
        else one.collaborators.set(account.id, role);
      }),
    protect: (owner, repo, branch, rules = {}) =>
      on(owner, repo, (one) => void one.protection.set(branch, rules)),
    addRuleset: (owner, repo, { prefix, rules }) =>
      on(owner, repo, (one) => {
        one.rulesets.push({ id: world.state.nextId(), prefix, rules });
      }),
    deleteIssue: (owner, repo, number) =>
      on(owner, repo, (one, sender) => {
        const issue = one.issues.get(number);
        if (issue === undefined) throw new Error(`There is no issue ${number} in ${owner}/${repo}.`);
        emitIssue(world, one, issue, "deleted", sender);
        issue.deleted = true;
      }),
    suspend: (owner) => {
      const { installation, account } = installationOf(owner);
      setSuspended(world, installation, account, true);
    },
    unsuspend: (owner) => {
      const { installation, account } = installationOf(owner);
      setSuspended(world, installation, account, false);
    },
    uninstall: (owner) => {
      const { installation, account } = installationOf(owner);
      uninstall(world, installation, account);
    },
    permissions: (owner, permissions) => {
      const { installation, account } = installationOf(owner);
      setPermissions(world, installation, { metadata: "read", ...permissions }, account);
    },
    addRepositories: (owner, ...repos) => {
      const { installation, account } = installationOf(owner);
      changeRepositories(world, installation, { added: named(owner, repos), removed: [] }, account);
    },
    removeRepositories: (owner, ...repos) => {
      const { installation, account } = installationOf(owner);
      changeRepositories(world, installation, { added: [], removed: named(owner, repos) }, account);
    },
  };
}
