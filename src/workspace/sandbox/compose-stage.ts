import { lstatSync } from "node:fs";
import { isAbsolute, join, normalize } from "node:path";
import { bubblewrapArguments, inside, type Profile } from "./bubblewrap.ts";
import type { EgressSession } from "./egress-session.ts";
import type { BubblewrapHost } from "./host.ts";
import { limitedCommand } from "./limits.ts";
import { SandboxFailure, type SandboxSpec } from "./sandbox.ts";
import { entryAt, layerAt, type Stage, systemPath } from "./stage.ts";
import { createStaging } from "./staging.ts";
import { gitMadeAt, gitShownAt, syntheticGitCommand, syntheticGitEnvironment } from "./synthetic-git.ts";

/** From what a command asks for, and what this machine has, to the stage and the sandbox on it. */
export function composeStage(
  program: { bwrap: string; libraryPath?: string },
  host: BubblewrapHost,
  egress: EgressSession,
  spec: SandboxSpec,
): Stage {
  const staging = createStaging(host.dropTo);
  staging.show("workspace", spec.workspace, "owned");
  const profile: Profile = {
    bwrap: staging.reach(program.bwrap),
    canDisableUserNamespaces: host.canDisableUserNamespaces,
    systemDirectories: host.systemDirectories,
    workspace: spec.mode === "persist" ? entryAt("workspace") : layerAt("workspace"),
    temporary: layerAt("tmp"),
    home: layerAt("home"),
    sharedMemory: layerAt("shm"),
    accounts: { passwd: entryAt("passwd"), group: entryAt("group"), hosts: entryAt("hosts") },
    readOnly: [
      ...host.toolchains.map((path) => ({ from: staging.reach(path), to: path })),
      ...[...egress.readOnly, ...spec.readOnly].map(({ from, to }) => ({
        from: staging.reach(from),
        to: mountPath(to, spec.workspace),
      })),
      ...(spec.git === "synthetic"
        ? [{ from: layerAt("git"), to: mountPath(gitShownAt, spec.workspace) }]
        : []),
    ],
    writable: spec.caches.map(({ from, to }) => ({
      from: staging.own(from),
      to: mountPath(to, spec.workspace),
    })),
    env: {
      ...defaultEnvironment,
      PATH: host.path,
      ...egress.env,
      ...spec.env,
    },
    cwd: insidePath(join(inside.workspace, spec.cwd ?? ".")),
    seccompFd: 3,
    statusFd: 4,
    command: limitedCommand(spec.limits, egress.command(spec.argv)),
  };
  return {
    mountPoint: host.mountPoint,
    ...(host.dropTo ? { dropTo: host.dropTo } : {}),
    mode: spec.mode,
    layerBy: host.layerBy,
    limits: spec.limits,
    libraryPath: (program.libraryPath ?? "").split(":").filter(Boolean).map(staging.reach).join(":"),
    before: spec.git === "synthetic" ? [bubblewrapArguments(makingGit(profile, spec))] : [],
    command: bubblewrapArguments(profile),
    entries: staging.entries,
  };
}

/** The same sandbox around the command that makes the repository; its end is no news for the status descriptor. */
function makingGit({ statusFd: _, ...profile }: Profile, spec: SandboxSpec): Profile {
  return {
    ...profile,
    readOnly: [],
    writable: [{ from: layerAt("git"), to: gitMadeAt }],
    env: { ...defaultEnvironment, ...syntheticGitEnvironment },
    cwd: inside.workspace,
    command: limitedCommand(spec.limits, syntheticGitCommand),
  };
}

const defaultEnvironment = {
  PATH: systemPath,
  HOME: inside.home,
  TMPDIR: "/tmp",
  LANG: "C.UTF-8",
  CI: "1",
} as const;

/** A path of the sandbox, from a specification: absolute and without detours. */
function insidePath(path: string): string {
  const clean = normalize(path);
  if (!isAbsolute(clean) || clean.includes("\0")) {
    throw new SandboxFailure(`${path} is not an absolute path inside the sandbox.`);
  }
  return clean;
}

/**
 * Where something is mounted. bwrap follows links on the way to it, and links in the workspace are the repository's: none may
 * stand there, so that the repository does not choose the place.
 */
function mountPath(to: string, workspace: string): string {
  const path = insidePath(to);
  const [, below] = path.split(`${inside.workspace}/`);
  const parts = path.startsWith(`${inside.workspace}/`) ? (below ?? "").split("/") : [];
  parts.forEach((_, index) => {
    const place = join(workspace, ...parts.slice(0, index + 1));
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new SandboxFailure(
        `${path} is a symbolic link in the workspace, so nothing can be mounted there.`,
      );
    }
  });
  return path;
}
