/**
 * The system call filter of the sandbox, as the classic BPF program that `bwrap --seccomp` loads just before the command starts.
 * Namespaces take away what a command can reach; this takes away parts of the kernel that tests and builds have no use for and
 * that namespaces do not cover: the kernel's keyrings, sockets to the hypervisor, tracing, io_uring, new namespaces and mounts.
 * Layout of the data that a program sees: linux/seccomp.h `struct seccomp_data`.
 */
export type FilterArchitecture = "x64" | "arm64";

// linux/bpf_common.h, linux/seccomp.h
const load = 0x20; // BPF_LD | BPF_W | BPF_ABS
const jumpEqual = 0x15;
const jumpAtLeast = 0x35;
const jumpAnyBit = 0x45;
const answer = 0x06;
const atNumber = 0;
const atArchitecture = 4;
const atArgument = (index: number) => 16 + index * 8; // low half: both architectures are little-endian

const allow = 0x7fff0000;
const killProcess = 0x80000000;
const refuseWith = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

const auditArchitecture = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
/** x86-64 only: the x32 calls repeat every call under another number, so all of them are refused. */
const firstX32Call = 0x40000000;

/** Call → number on x86-64, on arm64 (asm/unistd.h); null where the architecture has no such call. */
const refusedCalls: Readonly<Record<string, readonly [x64: number | null, arm64: number | null]>> = {
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  unshare: [272, 97],
  setns: [308, 268],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  acct: [163, 89],
  syslog: [103, 116],
  vhangup: [153, 58],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  lookup_dcookie: [212, 18],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  uselib: [134, null],
};

const clone = { x64: 56, arm64: 220 } as const;
const clone3 = 435;
const socketCalls = { x64: [41, 53], arm64: [198, 199] } as const; // socket, socketpair
const ioctl = { x64: 16, arm64: 29 } as const;

/** CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET */
const newNamespaceFlags = 0x7e020000;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

type Instruction = readonly [code: number, whenTrue: number, whenFalse: number, value: number];

/** The program's bytes: eight for each instruction. */
export function seccompFilter(architecture: FilterArchitecture): Buffer {
  const instructions = [
    ...ownArchitectureOnly(architecture),
    ...Object.values(refusedCalls).flatMap(([x64, arm64]) => {
      const number = architecture === "x64" ? x64 : arm64;
      return number === null ? [] : whenCall(number, [give(refuseWith(EPERM))]);
    }),
    // clone3 keeps its flags in memory, where a filter cannot look; on ENOSYS the C library falls back to clone
    ...whenCall(clone3, [give(refuseWith(ENOSYS))]),
    ...whenCall(clone[architecture], [
      [load, 0, 0, atArgument(0)],
      [jumpAnyBit, 0, 1, newNamespaceFlags],
      give(refuseWith(EPERM)),
      give(allow),
    ]),
    ...socketCalls[architecture].flatMap((number) => whenCall(number, onlyOrdinarySockets())),
    ...whenCall(ioctl[architecture], [
      [load, 0, 0, atArgument(1)],
      [jumpEqual, 1, 0, TIOCSTI],
      [jumpEqual, 0, 1, TIOCLINUX],
      give(refuseWith(EPERM)),
      give(allow),
    ]),
    give(allow),
  ];
  return encode(instructions);
}

function ownArchitectureOnly(architecture: FilterArchitecture): Instruction[] {
  const program: Instruction[] = [
    [load, 0, 0, atArchitecture],
    [jumpEqual, 1, 0, auditArchitecture[architecture]],
    give(killProcess),
    [load, 0, 0, atNumber],
  ];
  if (architecture === "x64") program.push([jumpAtLeast, 0, 1, firstX32Call], give(refuseWith(ENOSYS)));
  return program;
}

/** Unix and internet sockets, and netlink for the list of network interfaces (protocol 0); no others, such as AF_VSOCK. */
function onlyOrdinarySockets(): Instruction[] {
  return [
    [load, 0, 0, atArgument(0)],
    [jumpEqual, 6, 0, AF_UNIX],
    [jumpEqual, 5, 0, AF_INET],
    [jumpEqual, 4, 0, AF_INET6],
    [jumpEqual, 0, 2, AF_NETLINK],
    [load, 0, 0, atArgument(2)],
    [jumpEqual, 1, 0, 0],
    give(refuseWith(EAFNOSUPPORT)),
    give(allow),
  ];
}

/** `body` must end in an answer: after it the call's number is no longer at hand. */
function whenCall(number: number, body: readonly Instruction[]): Instruction[] {
  return [[jumpEqual, 0, body.length, number], ...body];
}

function give(verdict: number): Instruction {
  return [answer, 0, 0, verdict];
}

/** linux/filter.h `struct sock_filter`. */
function encode(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, whenTrue, whenFalse, value], index) => {
    const at = index * 8;
    program.writeUInt16LE(code, at);
    program.writeUInt8(whenTrue, at + 2);
    program.writeUInt8(whenFalse, at + 3);
    program.writeUInt32LE(value >>> 0, at + 4);
  });
  return program;
}
