import type { Mount } from "./sandbox.ts";

/** Where things stand inside the sandbox. */
export const inside = {
  workspace: "/workspace",
  home: "/home/agent",
  relay: "/run/fixpoint",
} as const;

/** One command's view of the machine, with every path already where the stage put it. */
export interface Profile {
  bwrap: string;
  /** bwrap has `--disable-userns` since 0.8.0; before that the system call filter alone refuses new namespaces */
  canDisableUserNamespaces: boolean;
  /** directories of the host's system as they are: symlinks into /usr, or directories of their own */
  systemDirectories: readonly SystemDirectory[];
  /** what appears as /workspace, read-write: the layer, or the workspace itself */
  workspace: string;
  /** writable directories that the stage made, with a shared limit on size and inodes */
  temporary: string;
  home: string;
  sharedMemory: string;
  /** /etc/passwd, /etc/group, /etc/hosts that the stage wrote: Node's os.userInfo() and git want a name for their user */
  accounts: { passwd: string; group: string; hosts: string };
  readOnly: readonly Mount[];
  writable: readonly Mount[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  seccompFd: number;
  /** where bwrap reports how the command ended */
  statusFd?: number;
  command: readonly string[];
}

export interface SystemDirectory {
  path: string;
  /** where it points, when it is a symbolic link */
  linksTo: string | null;
}

/** Files of /etc that programs need and that say nothing about anyone. */
const publicSettings = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/ca-certificates.conf",
  "/etc/java",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/mime.types",
  "/etc/pki/ca-trust",
  "/etc/pki/tls/certs",
  "/etc/protocols",
  "/etc/services",
  "/etc/ssl/cert.pem",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/timezone",
];

/**
 * bwrap's arguments. Everything is refused unless it stands here: no network, own process tree, users, hostname and IPC, no
 * capabilities, a clean environment, /usr and a few files of /etc read-only. Each line was held against an attack (see probe.ts).
 */
export function bubblewrapArguments(profile: Profile): string[] {
  return [
    profile.bwrap,
    "--unshare-all",
    "--unshare-user",
    ...(profile.canDisableUserNamespaces ? ["--disable-userns"] : []),
    // when the worker dies, so does what it started; and no way to type into the worker's terminal
    "--die-with-parent",
    "--new-session",
    ...["--cap-drop", "ALL"],
    ...["--uid", "1000", "--gid", "1000", "--hostname", "sandbox", "--clearenv"],
    ...["--ro-bind", "/usr", "/usr"],
    ...profile.systemDirectories.flatMap(({ path, linksTo }) =>
      linksTo === null ? ["--ro-bind", path, path] : ["--symlink", linksTo, path],
    ),
    ...publicSettings.flatMap((path) => ["--ro-bind-try", path, path]),
    ...["--ro-bind", profile.accounts.passwd, "/etc/passwd"],
    ...["--ro-bind", profile.accounts.group, "/etc/group"],
    ...["--ro-bind", profile.accounts.hosts, "/etc/hosts"],
    // a process of root could else write core_pattern and so run code outside
    ...["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--dev", "/dev"],
    ...["--bind", profile.sharedMemory, "/dev/shm", "--bind", profile.temporary, "/tmp"],
    ...["--bind", profile.home, inside.home, "--bind", profile.workspace, inside.workspace],
    ...profile.readOnly.flatMap(({ from, to }) => ["--ro-bind", from, to]),
    ...profile.writable.flatMap(({ from, to }) => ["--bind", from, to]),
    // what bwrap made itself is a tmpfs without a limit on its size
    ...["--remount-ro", "/dev", "--remount-ro", "/"],
    ...Object.entries(profile.env).flatMap(([name, value]) => ["--setenv", name, value]),
    ...["--chdir", profile.cwd],
    ...["--seccomp", String(profile.seccompFd)],
    ...(profile.statusFd === undefined ? [] : ["--json-status-fd", String(profile.statusFd)]),
    "--",
    ...profile.command,
  ];
}
