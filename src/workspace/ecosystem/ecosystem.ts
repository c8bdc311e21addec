import type { Check } from "../../run/check.ts";

/** What a repository carries, as detection sees it: the base commit, nothing that was run. */
export interface RepositoryFiles {
  /** null when there is no such file, or when it cannot be read as text */
  read(path: string): Promise<string | null>;
  has(path: string): boolean;
  paths: readonly string[];
}

/** One kind of project that was found. */
export interface Found {
  ecosystem: "npm" | "pnpm" | "yarn" | "python" | "go" | "rust" | "make" | "workflow";
  checks: readonly Check[];
  /** how it is made ready, in order; `why` is a sentence for people */
  commands: readonly { command: string; why: string }[];
  /** environment of set-up and checks; `{workspace}` stands for the directory, `{path}` for the search path that is there anyway */
  env: Readonly<Record<string, string>>;
  findings: readonly string[];
}

/** Looks for one kind of project; null when it is not there. */
export type Detector = (files: RepositoryFiles) => Promise<Found | null>;

export function proving(name: string, command: string, foundIn: string): Check {
  return { name, command, purpose: "proves", where: "sandbox", foundIn };
}

export function writing(name: string, command: string, foundIn: string): Check {
  return { name, command, purpose: "writes", where: "sandbox", foundIn };
}
