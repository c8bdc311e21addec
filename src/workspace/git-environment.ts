import { devNull } from "node:os";

/**
 * Settings that hold whatever a repository, a user's or a system's configuration says. Given through the environment, which
 * outranks every file. Each closes a way in which a repository makes git run something or go somewhere.
 */
const settings: readonly (readonly [string, string])[] = [
  ["core.hooksPath", devNull],
  ["core.fsmonitor", "false"],
  ["core.attributesFile", devNull],
  ["core.excludesFile", devNull],
  ["core.protectHFS", "true"],
  ["core.protectNTFS", "true"],
  ["core.autocrlf", "false"],
  ["credential.helper", ""],
  // A token that is scoped to one URL is still sent along on a redirect to another host (measured), so none is followed.
  ["http.followRedirects", "false"],
  ["http.lowSpeedLimit", "1000"],
  ["http.lowSpeedTime", "30"],
  ["transfer.fsckObjects", "true"],
  ["transfer.bundleURI", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["submodule.recurse", "false"],
  ["diff.ignoreSubmodules", "all"],
  ["safe.bareRepository", "explicit"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["init.templateDir", ""],
  ["filter.lfs.smudge", ""],
  ["filter.lfs.clean", ""],
  ["filter.lfs.process", ""],
  ["filter.lfs.required", "false"],
  ["commit.gpgSign", "false"],
];

/** Where the system's tools are (git, flock, chown, find), unless the operator's configuration names other directories. */
export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The whole environment of a git process: nothing of ours is inherited. */
export function gitEnvironment(options: {
  home: string;
  path: string;
  gitDir: string;
  workTree?: string;
  indexFile?: string;
  auth?: { url: string; token: string };
  allowProtocols: readonly string[];
}): Record<string, string> {
  const config = [...settings, ["safe.directory", options.gitDir] as const];
  if (options.auth) config.push(authorization(options.auth));
  return {
    PATH: options.path,
    HOME: options.home,
    XDG_CONFIG_HOME: options.home,
    LANG: "C.UTF-8",
    GIT_DIR: options.gitDir,
    ...(options.workTree === undefined ? {} : { GIT_WORK_TREE: options.workTree }),
    ...(options.indexFile === undefined ? {} : { GIT_INDEX_FILE: options.indexFile }),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: devNull,
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "/bin/false",
    SSH_ASKPASS: "/bin/false",
    GIT_SSH_COMMAND: "/bin/false",
    GIT_ALLOW_PROTOCOL: options.allowProtocols.join(":"),
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_LFS_SKIP_SMUDGE: "1",
    ...numbered(config),
  };
}

/** By header and not in the URL: so it stands in no argument, no file, no error message and no trace. */
function authorization(auth: { url: string; token: string }): readonly [string, string] {
  const basic = Buffer.from(`x-access-token:${auth.token}`).toString("base64");
  return [`http.${new URL(auth.url).origin}/.extraHeader`, `Authorization: Basic ${basic}`];
}

function numbered(config: readonly (readonly [string, string])[]): Record<string, string> {
  const env: Record<string, string> = { GIT_CONFIG_COUNT: String(config.length) };
  config.forEach(([key, value], index) => {
    env[`GIT_CONFIG_KEY_${index}`] = key;
    env[`GIT_CONFIG_VALUE_${index}`] = value;
  });
  return env;
}
