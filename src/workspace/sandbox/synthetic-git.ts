import { inside } from "./bubblewrap.ts";

/** Where the repository is made, inside; it is then shown read-only as `.git` of the workspace. */
export const gitMadeAt = "/repository";
export const gitShownAt = `${inside.workspace}/.git`;

/**
 * Makes a repository with one commit of the workspace. git looks at a tree that hostile code may have written, so this runs
 * inside too, without network, in a sandbox that is thrown away; the host's git never sees the result.
 */
export const syntheticGitCommand: readonly string[] = [
  "/bin/sh",
  "-c",
  [
    "git init -q -b main",
    // what installing put there is not the repository's, and would make each run slow
    `mkdir -p ${gitMadeAt}/info && echo node_modules > ${gitMadeAt}/info/exclude`,
    "git add -A",
    "git commit -q --allow-empty -m workspace",
  ].join(" && "),
];

export const syntheticGitEnvironment: Readonly<Record<string, string>> = {
  GIT_DIR: gitMadeAt,
  GIT_WORK_TREE: inside.workspace,
  GIT_TEMPLATE_DIR: "",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_COUNT: "3",
  GIT_CONFIG_KEY_0: "core.hooksPath",
  GIT_CONFIG_VALUE_0: "/dev/null",
  GIT_CONFIG_KEY_1: "gc.auto",
  GIT_CONFIG_VALUE_1: "0",
  GIT_CONFIG_KEY_2: "core.autocrlf",
  GIT_CONFIG_VALUE_2: "false",
  GIT_AUTHOR_NAME: "workspace",
  GIT_AUTHOR_EMAIL: "workspace@localhost",
  GIT_COMMITTER_NAME: "workspace",
  GIT_COMMITTER_EMAIL: "workspace@localhost",
  GIT_AUTHOR_DATE: "2001-01-01T00:00:00Z",
  GIT_COMMITTER_DATE: "2001-01-01T00:00:00Z",
};
