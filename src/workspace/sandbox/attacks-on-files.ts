import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Attack } from "./attack.ts";
import { quote } from "./stage.ts";

/** Variables that the sandbox itself sets, or the shell inside; any other is one of the worker's. */
const ownVariables = new Set(
  "PATH HOME TMPDIR LANG CI PWD OLDPWD SHLVL _ LD_LIBRARY_PATH PYENV_ROOT RBENV_ROOT RUSTUP_HOME VOLTA_HOME ASDF_DATA_DIR NODENV_ROOT GOENV_ROOT".split(
    " ",
  ),
);

/** Reading what is not the repository's, and writing outside the layer. */
export const attacksOnFiles: readonly Attack[] = [
  {
    name: "read the worker's environment, its own or of any process that can be seen",
    async perform({ shell }) {
      const { stdout } = await shell("env; for p in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $p; done");
      const leaked = [...stdout.matchAll(/^([A-Za-z_]\w*)=/gm)].flatMap(([, name]) =>
        name !== undefined && !ownVariables.has(name) ? [name] : [],
      );
      return {
        broken: leaked.length > 0 || !stdout.includes("HOME="),
        seen: leaked.length > 0 ? `visible: ${[...new Set(leaked)].join(", ")}` : "only its own variables",
      };
    },
  },
  {
    name: "read files outside the workspace, by path and through a link",
    async perform({ shell, secret }) {
      const home = quote(homedir());
      const { stdout } = await shell(
        `ln -s ${quote(secret.path)} link; cat link ${quote(secret.path)} /etc/shadow; cat ../../../etc/shadow; ls -A ${home}/.ssh /root/.ssh`,
      );
      return { broken: stdout !== "", seen: stdout === "" ? "nothing there" : "a file of the host was read" };
    },
  },
  {
    name: "write outside the workspace",
    async perform({ shell }) {
      // appending nothing opens for writing and changes nothing, should it work
      const { stdout } = await shell(
        "for p in /proc/sys/kernel/core_pattern /proc/sysrq-trigger /usr/canary /etc/canary /etc/passwd /canary /dev/canary /run/canary; do (: >> $p) 2> /dev/null && echo $p; done; true",
      );
      return {
        broken: stdout !== "",
        seen: stdout === "" ? "refused everywhere" : `could write ${stdout.trim()}`,
      };
    },
  },
  {
    name: "change the workspace itself",
    async perform({ shell, workspace }) {
      const before = await fingerprint(workspace);
      const { stdout, stderr } = await shell(
        "echo x >> read-me; chmod 777 read-me; rm -rf kept && mkdir kept && echo new > kept/other && ln -s / kept/link; cat kept/other",
      );
      const isSame = (await fingerprint(workspace)) === before;
      if (!isSame) return { broken: true, seen: "the workspace on the host changed" };
      const works = stdout === "new\n";
      return {
        broken: !works,
        seen: works
          ? "all of it went to the layer"
          : `the layer over the workspace does not work; it needs Linux 6.6 or newer: ${stderr.trim()}`,
      };
    },
  },
];

/**
 * Every name, mode, size, time and content below a directory, as text. The owner is left out: handing the workspace over is ours.
 * No link is followed; `readdir` with `recursive` would, out of the workspace.
 */
async function fingerprint(directory: string): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const path = join(directory, entry.name);
    const { mode, mtimeMs, size } = await lstat(path);
    const content = entry.isDirectory()
      ? await fingerprint(path)
      : entry.isFile()
        ? await readFile(path, "latin1")
        : await readlink(path).catch(() => "");
    return JSON.stringify([entry.name, mode, mtimeMs, size, content]);
  });
  return (await Promise.all(lines)).sort().join("\n");
}
