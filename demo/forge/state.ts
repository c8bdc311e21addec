import type { Account } from "./records/account.ts";
import type { Installation, InstallationToken } from "./records/installation.ts";
import type { Repository } from "./records/repository.ts";

/** Everything the forge remembers beside its bare git repositories. Plain records; times are Dates of the forge's clock. */
export type State = {
  accounts: Map<number, Account>;
  repositories: Map<number, Repository>;
  installations: Map<number, Installation>;
  tokens: Map<string, InstallationToken>;
  /** personal access tokens of people, for git and the API */
  personalTokens: Map<string, Account>;
  nextId: () => number;
};

export function createState(): State {
  let lastId = 1_000_000;
  return {
    accounts: new Map(),
    repositories: new Map(),
    installations: new Map(),
    tokens: new Map(),
    personalTokens: new Map(),
    // One sequence for every kind of thing: an id used for the wrong kind is then a 404 and not a stroke of luck.
    nextId: () => {
      lastId += 1;
      return lastId;
    },
  };
}

export function findAccount(state: State, login: string): Account | null {
  const wanted = login.toLowerCase();
  for (const account of state.accounts.values()) if (account.login.toLowerCase() === wanted) return account;
  return null;
}

export function findRepository(state: State, owner: string, name: string): Repository | null {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repository of state.repositories.values()) {
    if (`${repository.owner.login}/${repository.name}`.toLowerCase() === wanted) return repository;
  }
  return null;
}

/** The repository that once had this name, when no other has it now. */
export function findMovedRepository(state: State, owner: string, name: string): Repository | null {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repository of state.repositories.values()) {
    if (repository.formerNames.includes(wanted)) return repository;
  }
  return null;
}

/** The installation that covers this repository, suspended or not. */
export function installationOf(state: State, repository: Repository): Installation | null {
  for (const installation of state.installations.values()) {
    if (installation.account.id !== repository.owner.id) continue;
    if (installation.repositories === "all" || installation.repositories.has(repository.id))
      return installation;
  }
  return null;
}
