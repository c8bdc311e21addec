import { expect, test } from "vitest";
import { type FilterArchitecture, seccompFilter } from "../../../src/workspace/sandbox/seccomp.ts";

const allowed = "allowed";
const EPERM = "error 1";
const ENOSYS = "error 38";
const EAFNOSUPPORT = "error 97";
const audit = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** The kernel's side: runs the program on one call, as linux/filter.h says. */
function verdict(program: Buffer, call: { arch: number; number: number; args?: readonly number[] }): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number >>> 0, 0);
  data.writeUInt32LE(call.arch, 4);
  call.args?.forEach(
    (value, index) => void data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 16 + index * 8),
  );
  let loaded = 0;
  for (let at = 0; at < program.length / 8; at += 1) {
    const [code, yes, no, value] = [
      program.readUInt16LE(at * 8),
      program.readUInt8(at * 8 + 2),
      program.readUInt8(at * 8 + 3),
      program.readUInt32LE(at * 8 + 4),
    ];
    if (code === 0x20) loaded = data.readUInt32LE(value);
    else if (code === 0x15) at += loaded === value ? yes : no;
    else if (code === 0x35) at += loaded >= value ? yes : no;
    else if (code === 0x45) at += (loaded & value) !== 0 ? yes : no;
    else if (code === 0x06) {
      if (value === 0x7fff0000) return allowed;
      return value === 0x80000000 ? "killed" : `error ${value & 0xffff}`;
    } else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("the program ended without a verdict");
}

const calls = {
  x64: {
    read: 0,
    write: 1,
    openat: 257,
    execve: 59,
    clone: 56,
    socket: 41,
    socketpair: 53,
    ioctl: 16,
    keyctl: 250,
    mount: 165,
    unshare: 272,
    ptrace: 101,
    prlimit64: 302,
    futex: 202,
    setns: 308,
    bpf: 321,
  },
  arm64: {
    read: 63,
    write: 64,
    openat: 56,
    execve: 221,
    clone: 220,
    socket: 198,
    socketpair: 199,
    ioctl: 29,
    keyctl: 219,
    mount: 40,
    unshare: 97,
    ptrace: 117,
    prlimit64: 261,
    futex: 98,
    setns: 268,
    bpf: 280,
  },
} as const;

test.each(["x64", "arm64"] as const)(
  "on %s the filter lets programs work and refuses what escapes",
  (processor: FilterArchitecture) => {
    const program = seccompFilter(processor);
    const n = calls[processor];
    const ask = (number: number, ...args: number[]) =>
      verdict(program, { arch: audit[processor], number, args });
    const [CLONE_NEWUSER, CLONE_NEWNET, threadFlags] = [0x10000000, 0x40000000, 0x3d0f00];
    expect({
      ordinary: [n.read, n.write, n.openat, n.execve, n.prlimit64, n.futex].map((number) => ask(number)),
      refused: [n.keyctl, n.mount, n.unshare, n.ptrace, n.setns, n.bpf, 425].map((number) => ask(number)),
      newThread: ask(n.clone, threadFlags),
      newNamespace: [ask(n.clone, CLONE_NEWUSER | 17), ask(n.clone, CLONE_NEWNET | threadFlags)],
      clone3: ask(435),
      sockets: [1, 2, 10].map((family) => ask(n.socket, family, 1, 6)),
      pair: ask(n.socketpair, 1, 1, 0),
      netlink: [ask(n.socket, 16, 3, 0), ask(n.socket, 16, 3, 12)],
      otherSockets: [17, 31, 38, 40].map((family) => ask(n.socket, family, 1, 0)),
      terminal: [ask(n.ioctl, 0, 0x5401), ask(n.ioctl, 0, 0x5412), ask(n.ioctl, 0, 0x541c)],
    }).toEqual({
      ordinary: Array(6).fill(allowed),
      refused: Array(7).fill(EPERM),
      newThread: allowed,
      newNamespace: [EPERM, EPERM],
      clone3: ENOSYS,
      sockets: [allowed, allowed, allowed],
      pair: allowed,
      netlink: [allowed, EAFNOSUPPORT],
      otherSockets: Array(4).fill(EAFNOSUPPORT),
      terminal: [allowed, EPERM, EPERM],
    });
  },
);

test("calls by another convention than the processor's own are not a way around", () => {
  const program = seccompFilter("x64");
  const i386 = 0x40000003;
  expect(verdict(program, { arch: i386, number: 4 })).toBe("killed");
  expect(verdict(program, { arch: audit.arm64, number: 63 })).toBe("killed");
  expect(verdict(program, { arch: audit.x64, number: 0x40000000 + 250 })).toBe(ENOSYS);
  expect(verdict(seccompFilter("arm64"), { arch: audit.x64, number: 0 })).toBe("killed");
});

test("upper halves of arguments do not hide a namespace flag or a socket family", () => {
  const program = seccompFilter("x64");
  const ask = (number: number, ...args: number[]) => verdict(program, { arch: audit.x64, number, args });
  expect(ask(56, 2 ** 40 + 0x10000000)).toBe(EPERM);
  expect(ask(41, 2 ** 40 + 40, 1, 0)).toBe(EAFNOSUPPORT);
});
