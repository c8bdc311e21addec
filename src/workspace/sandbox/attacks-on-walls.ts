import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { arch } from "node:os";
import { join } from "node:path";
import type { Attack, Target } from "./attack.ts";
import { systemCallProgram } from "./system-call-program.ts";

/** Reaching what lies beyond: the network, other processes, privileges, the kernel. */
export const attacksOnWalls: readonly Attack[] = [
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
];

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
      const go = (port, host) => new Promise((done) => net.connect({ port, host, timeout: 1000 })
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
