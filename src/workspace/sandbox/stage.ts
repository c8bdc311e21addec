import { neverCollected } from "./layer.ts";
import type { Limits } from "./sandbox.ts";

/**
 * The stage is what stands before bwrap starts: a mount namespace of this one command, in which the workspace gets its
 * throw-away layer on a tmpfs with limits. It is written as shell, because only a process that is still single and may become
 * another user can make it. All of it is gone when the command ends.
 */
export interface Stage {
  /** empty directory on the host that the stage is mounted over, in its own namespace only */
  mountPoint: string;
  /** set when the worker is root: the user that everything inside runs as */
  dropTo?: { uid: number; gid: number };
  mode: "discard" | "collect" | "persist";
  layerBy: LayerBy;
  limits: Limits;
  entries: readonly StageEntry[];
  /** `LD_LIBRARY_PATH` of bwrap */
  libraryPath: string;
  /** programs to run on the stage, each as one command line; what the last one exits with is the result */
  before: readonly (readonly string[])[];
  command: readonly string[];
}

/**
 * How a check gets a workspace of its own. overlay: at once, whatever its size. copy: where the kernel's overlay cannot replace a
 * directory on a tmpfs (before Linux 6.6 a tmpfs has no `user.` attributes), the workspace is copied, and counts as disk.
 */
export type LayerBy = "overlay" | "copy";

/** Something of the host that is shown on the stage, where the dropped user can reach it. */
export interface StageEntry {
  /** name on the stage */
  name: string;
  from: string;
  kind: "directory" | "file";
  /** everything in it must belong to the user inside, else the layer cannot copy it up (EOVERFLOW) and installs cannot write */
  owned: boolean;
}

/**
 * Where things stand once the stage is up: it is built at the mount point and then shown at /mnt, because the dropped user may
 * not reach the mount point (under /root), and because overlay options cannot hold every path.
 */
export const stageAt = "/mnt";
export const entryAt = (name: string) => `${stageAt}/${name}`;
export const layerAt = (name: string) => `${stageAt}/layer/${name}`;

/** The search path of the worker must not decide which `mount` builds the stage. */
export const systemPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/** The whole command line that builds the stage, drops to the user, makes the layer and runs bwrap. */
export function stageCommand(stage: Stage): string[] {
  const inner = ["/bin/sh", "-c", layerScript(stage), "layer", ...stage.command];
  // where a shell waits for bwrap, the shell too must end with the worker; alone, bwrap sees to that itself
  const shellWaits = stage.mode === "collect" || stage.before.length > 0;
  const guarded = shellWaits ? ["setpriv", "--pdeathsig", "KILL", "--", ...inner] : inner;
  const enter = ["unshare", "--user", "--map-root-user", "--mount", "--"];
  const build = (then: readonly string[]) => ["/bin/sh", "-c", stageScript(stage), "stage", ...then];
  if (!stage.dropTo) return [...enter, ...build(guarded)];
  const { uid, gid } = stage.dropTo;
  const drop = ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs", "--"];
  return ["unshare", "--mount", "--", ...build([...drop, ...enter, ...guarded])];
}

/** Runs as root, or as the ordinary user who is root of a user namespace: shows the entries and hands them to the user inside. */
function stageScript(stage: Stage): string {
  const at = (name: string) => quote(`${stage.mountPoint}/${name}`);
  const owner = stage.dropTo ?? { uid: 0, gid: 0 };
  const isOther = `\\( ! -uid ${owner.uid} -o ! -gid ${owner.gid} \\)`;
  return [
    "set -eu",
    "cd /",
    `mount -t tmpfs -o size=1m,nr_inodes=2k,mode=0755 stage ${quote(stage.mountPoint)}`,
    `mkdir ${at("layer")}`,
    ...stage.entries.flatMap((entry) => [
      entry.kind === "directory" ? `mkdir ${at(entry.name)}` : `: > ${at(entry.name)}`,
      `mount --rbind -- ${quote(entry.from)} ${at(entry.name)}`,
      // -execdir and -h: a name that is swapped for a symbolic link meanwhile leads nowhere else
      ...(entry.owned
        ? [`find ${at(entry.name)} -xdev ${isOther} -execdir chown -h ${owner.uid}:${owner.gid} {} +`]
        : []),
    ]),
    ...Object.entries(accountFiles).map(([name, text]) => `printf %s ${quote(text)} > ${at(name)}`),
    // when the machine runs out of memory, this goes before anything else
    "echo 900 > /proc/self/oom_score_adj || true",
    `mount --rbind ${quote(stage.mountPoint)} ${stageAt}`,
    `exec "$@"`,
  ].join("\n");
}

/** Runs as root of a user namespace of the unprivileged user. */
function layerScript(stage: Stage): string {
  const at = (name: string) => quote(layerAt(name));
  const options = `size=${stage.limits.diskBytes},nr_inodes=${stage.limits.inodes},mode=0755`;
  return [
    "set -eu",
    `mount -t tmpfs -o ${options} layer ${at("")}`,
    `mkdir ${["upper", "work", "workspace", "home", "git"].map(at).join(" ")}`,
    `mkdir -m 1777 ${at("tmp")} ${at("shm")}`,
    ...layOver(stage),
    ...(stage.libraryPath === "" ? [] : [`export LD_LIBRARY_PATH=${quote(stage.libraryPath)}`]),
    // each bwrap reads the filter to its end, so each opens it anew; what these print is no output of the command
    ...stage.before.map((command) => `${command.map(quote).join(" ")} >&2 3< /proc/self/fd/3 4>&- 5>&-`),
    ...(stage.mode === "collect" ? runThenStreamLayer(at("upper")) : [`exec "$@"`]),
  ].join("\n");
}

/** What changed can only be read from an overlay, so a command that writes gets one even where it cannot do everything. */
function layOver({ mode, layerBy }: Stage): string[] {
  if (mode === "persist") return [];
  const [workspace, copy] = [entryAt("workspace"), layerAt("workspace")];
  if (mode === "discard" && layerBy === "copy") return [`cp -a ${workspace}/. ${copy}`];
  const options = `userxattr,lowerdir=${workspace},upperdir=${layerAt("upper")},workdir=${layerAt("work")}`;
  return [`mount -t overlay -o ${options} layer ${copy}`];
}

/** Exits with 0 where an overlay on a tmpfs can replace a directory: what `layerBy` asks. */
export function overlayTrial(mountPoint: string): string[] {
  const script = [
    "set -e",
    `mount -t tmpfs trial ${quote(mountPoint)}`,
    `cd ${quote(mountPoint)}`,
    "mkdir -p lower/directory upper work both",
    "mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work trial both",
    "rmdir both/directory",
    "mkdir both/directory",
  ];
  return ["unshare", "--user", "--map-root-user", "--mount", "--", "/bin/sh", "-c", script.join("\n")];
}

/** tar only reads, follows no symbolic link, and by now nothing runs that could change what it reads. */
function runThenStreamLayer(upper: string): string[] {
  const tar = [
    "tar --create --file=- --format=pax --hard-dereference --xattrs --xattrs-include=user.overlay.opaque",
    ...neverCollected.map((name) => `--exclude=${name}`),
  ].join(" ");
  return [
    "code=0",
    `"$@" 5>&- || code=$?`,
    "unset LD_LIBRARY_PATH",
    // fails when the reader had enough; then it says so itself
    `${tar} --directory=${upper} . >&5 3>&- 4>&- 2> /dev/null || true`,
    'exit "$code"',
  ];
}

const accountFiles = {
  passwd:
    "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
  group: "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n",
  hosts: "127.0.0.1 localhost sandbox\n::1 localhost\n",
} as const;

/** One word for the shell, whatever is in it. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
