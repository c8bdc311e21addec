import { lstat, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { arch, homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Target } from "./probe.ts";
import { quote } from "./stage.ts";
import { systemCallProgram } from "./system-call-program.ts";

export interface Attack {
  name: string;
  /** `seen` is for people: what was tried and what came of it */
  perform(target: Target): Promise<{ broken: boolean; seen: string }>;
}

/** Variables that the sandbox itself sets, or the shell inside; any other is one of the worker's. */
const ownVariables = new Set(
  "PATH HOME TMPDIR LANG CI PWD OLDPWD SHLVL _ LD_LIBRARY_PATH PYENV_ROOT RBENV_ROOT RUSTUP_HOME VOLTA_HOME ASDF_DATA_DIR NODENV_ROOT GOENV_ROOT".split(
    " ",
  ),
);

/** In small, what was tried against other sandboxes and worked on some of them. */
export const attacks: readonly Attack[] = [
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
  {
    name: "reach a server on the host's loopback, and any network",
    perform: reachNetwork,
  },
  {
    name: "see or signal processes of the host",
    async perform({ shell }) {
      const { stdout } = await shell("cat /proc/[0-9]*/comm; kill -0 -1 2>&1");
      const count = stdout.trim().split("\n").length;
      return { broken: count > 8, seen: `${count} processes visible` };
    },
  },
  {
    name: "use privileges",
    async perform({ shell }) {
      const { stdout } = await shell(
        "cat /proc/self/status; unshare -U true && echo got-userns; mount -t tmpfs t /tmp && echo got-mount",
      );
      const expected = [
        /^CapEff:\s+0+$/m,
        /^CapPrm:\s+0+$/m,
        /^CapBnd:\s+0+$/m,
        /^NoNewPrivs:\s+1$/m,
        /^Seccomp:\s+2$/m,
        /^Uid:\s+1000\s/m,
      ];
      const broken = stdout.includes("got-") || expected.some((line) => !line.test(stdout));
      return { broken, seen: broken ? "it has some" : "none, and no way to new namespaces or mounts" };
    },
  },
  {
    name: "ask for the kernel's keys and for a socket to the hypervisor",
    perform: forbiddenCalls,
  },
  {
    name: "use descriptors that the worker left open",
    async perform({ shell }) {
      const { stdout } = await shell("for f in /proc/$$/fd/*; do readlink $f; done");
      const open = stdout.trim().split("\n");
      const stray = open.filter((file) => file !== "/dev/null" && !/^(socket|pipe):/.test(file));
      const broken = stray.length > 0 || open.filter((file) => file !== "/dev/null").length > 2;
      return { broken, seen: broken ? `open: ${open.join(", ")}` : "only its own output" };
    },
  },
  {
    name: "start processes without end",
    async perform({ shell }) {
      const { stdout } = await shell("i=0; while [ $i -lt 200 ]; do sleep 20 & i=$((i+1)); echo $i; done", {
        processes: 32,
      });
      const started = stdout.trim().split("\n").length;
      return { broken: started > 32, seen: `stopped after ${started} with a limit of 32` };
    },
  },
  {
    name: "take memory without end",
    async perform({ node }) {
      const { stdout, code } = await node("Buffer.alloc(2 ** 30).fill(1); console.log('got it')");
      const broken = stdout.includes("got it") || code === 0;
      return { broken, seen: broken ? "got 1 GiB with a limit of 512 MiB" : "refused above the limit" };
    },
  },
  {
    name: "fill the disk, by size and by number of files",
    async perform({ shell }) {
      const { stdout } = await shell(
        "for d in . /tmp /home/agent /dev/shm; do head -c 33554432 /dev/zero > $d/big && echo $d; rm -f $d/big; done; mkdir many; i=0; while [ $i -lt 3000 ] && : > many/$i; do i=$((i+1)); done; echo $i",
      );
      const lines = stdout.trim().split("\n");
      const broken = lines.length !== 1 || Number(lines[0]) >= 2_000;
      return { broken, seen: broken ? `could fill ${stdout.trim()}` : "stopped at 16 MiB and 2,000 files" };
    },
  },
  {
    name: "outlive a time-out with processes that ignore signals and leave their session",
    async perform({ shell, marker }) {
      const { limit } = await shell(`${stubborn(marker)} trap '' TERM INT HUP; sleep 60`, { wallMs: 600 });
      return stillThere(marker, limit === "wall" ? null : "it was not stopped in time");
    },
  },
  {
    name: "leave a daemon behind after a normal end",
    async perform({ shell, marker }) {
      await shell(`${stubborn(marker)} exit 0`);
      return stillThere(marker, null);
    },
  },
];

function stubborn(marker: string): string {
  const loop = `trap "" TERM INT HUP; while :; do sleep 0.1; done`;
  return `setsid nohup sh -c '${loop}' ${marker} > /dev/null 2>&1 & nohup setsid -f sh -c '${loop}' ${marker} > /dev/null 2>&1; `;
}

/** The kernel takes a moment to end a namespace; two seconds later nothing may be left. */
async function stillThere(
  marker: string,
  problem: string | null,
): Promise<{ broken: boolean; seen: string }> {
  if (problem !== null) return { broken: true, seen: problem };
  let left = await processesNaming(marker);
  for (
    const end = performance.now() + 2_000;
    left.length > 0 && performance.now() < end;
    left = await processesNaming(marker)
  ) {
    await sleep(20);
  }
  return {
    broken: left.length > 0,
    seen: left.length > 0 ? `${left.length} processes live on` : "nothing lives on",
  };
}

async function processesNaming(marker: string): Promise<string[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")));
  return ids.filter((_, index) => lines[index]?.includes(marker));
}

async function reachNetwork({ node }: Target): Promise<{ broken: boolean; seen: string }> {
  let visitors = 0;
  const server = createServer((socket) => {
    visitors += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  try {
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { stdout } = await node(`
      const net = require("node:net");
      const go = (port, host) => new Promise((done) => net.connect({ port, host, timeout: 2000 })
        .on("connect", () => done("connected")).on("timeout", () => done("timeout")).on("error", (e) => done(e.code)));
      Promise.all([go(${port}, "127.0.0.1"), go(${port}, "::1"), go(443, "192.0.2.1")]).then((seen) => {
        console.log(seen.join(" "), Object.keys(require("node:os").networkInterfaces()).join());
        process.exit();
      });`);
    const broken =
      visitors > 0 ||
      !/^(ECONNREFUSED|ENETUNREACH|EADDRNOTAVAIL) \S+ (ENETUNREACH|EHOSTUNREACH) (lo)?$/.test(stdout.trim());
    return { broken, seen: stdout.trim() };
  } finally {
    server.close();
  }
}

const callNumbers = { x64: { keyctl: 250, socket: 41 }, arm64: { keyctl: 219, socket: 198 } } as const;

async function forbiddenCalls({ shell, workspace }: Target): Promise<{ broken: boolean; seen: string }> {
  const processor = arch() === "arm64" ? "arm64" : "x64";
  const numbers = callNumbers[processor];
  const AF_VSOCK = 40;
  const SOCK_STREAM = 1;
  const sessionKeyring = -3;
  const calls = {
    keyctl: systemCallProgram(processor, { number: numbers.keyctl, args: [0, sessionKeyring, 0] }),
    vsock: systemCallProgram(processor, { number: numbers.socket, args: [AF_VSOCK, SOCK_STREAM, 0] }),
    // proves that the programs work at all
    unix: systemCallProgram(processor, { number: numbers.socket, args: [1, SOCK_STREAM, 0] }),
  };
  for (const [name, program] of Object.entries(calls))
    await writeFile(join(workspace, name), program, { mode: 0o755 });
  const { stdout } = await shell("./keyctl; echo keyctl $?; ./vsock; echo vsock $?; ./unix; echo unix $?");
  const [EPERM, EAFNOSUPPORT] = [1, 97];
  return {
    broken: stdout !== `keyctl ${EPERM}\nvsock ${EAFNOSUPPORT}\nunix 0\n`,
    seen: `error numbers: ${stdout.trim().replaceAll("\n", ", ")}`,
  };
}

/** Every name, mode, size, time and content below a directory, as text. The owner is left out: handing the workspace over is ours. */
async function fingerprint(directory: string): Promise<string> {
  const lines = await Promise.all(
    (await readdir(directory, { recursive: true })).sort().map(async (name) => {
      const path = join(directory, name);
      const { mode, mtimeMs, size } = await lstat(path);
      const content = await readFile(path, "latin1").catch(() => readlink(path).catch(() => ""));
      return JSON.stringify([name, mode, mtimeMs, size, content]);
    }),
  );
  return lines.join("\n");
}
