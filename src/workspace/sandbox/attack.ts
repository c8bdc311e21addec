import type { Limits, SandboxResult } from "./sandbox.ts";

export interface Attack {
  name: string;
  /** `seen` is for people: what was tried and what came of it */
  perform(target: Target): Promise<{ broken: boolean; seen: string }>;
}

/** What an attack has at hand: a workspace with a few files, something secret outside it, and the sandbox itself. */
export interface Target {
  workspace: string;
  /** a file outside the workspace that everybody on the host may read, and what stands in it */
  secret: { path: string; text: string };
  /** stands in the command line of processes that must not outlive their command */
  marker: string;
  /** runs `/bin/sh -c script` in the sandbox */
  shell(script: string, limits?: Partial<Limits>): Promise<SandboxResult>;
  /** runs `node -e script` in the sandbox */
  node(script: string, limits?: Partial<Limits>): Promise<SandboxResult>;
}
