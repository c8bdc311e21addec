import type { FilterArchitecture } from "./seccomp.ts";

/**
 * A program of some two hundred bytes that makes one system call and exits with its error number (0 when it went well). The
 * probe needs it: no tool that is present everywhere can ask the kernel for a key or for a socket to the hypervisor.
 * Layout: elf(5), one loadable segment, entry right behind the headers.
 */
export function systemCallProgram(
  architecture: FilterArchitecture,
  call: { number: number; args: readonly [number, number, number] },
): Buffer {
  const code = architecture === "x64" ? x64Code(call) : arm64Code(call);
  const headers = 64 + 56;
  const base = 0x400000;
  const program = Buffer.alloc(headers + code.length);
  program.write("\x7fELF\x02\x01\x01", 0, "latin1");
  program.writeUInt16LE(2, 16); // executable
  program.writeUInt16LE(architecture === "x64" ? 62 : 183, 18);
  program.writeUInt32LE(1, 20);
  program.writeBigUInt64LE(BigInt(base + headers), 24);
  program.writeBigUInt64LE(64n, 32); // program headers follow this one
  program.writeUInt16LE(64, 52);
  program.writeUInt16LE(56, 54);
  program.writeUInt16LE(1, 56);
  program.writeUInt32LE(1, 64); // PT_LOAD
  program.writeUInt32LE(5, 68); // read and execute
  program.writeBigUInt64LE(BigInt(base), 80);
  program.writeBigUInt64LE(BigInt(base), 88);
  program.writeBigUInt64LE(BigInt(program.length), 96);
  program.writeBigUInt64LE(BigInt(program.length), 104);
  program.writeBigUInt64LE(4096n, 112);
  code.copy(program, headers);
  return program;
}

type Call = Parameters<typeof systemCallProgram>[1];

function x64Code({ number, args: [first, second, third] }: Call): Buffer {
  const move = (register: number, value: number) => [0x48, 0xc7, 0xc0 | register, ...int32(value)]; // mov reg, imm32
  const system = [0x0f, 0x05];
  return Buffer.from([
    ...move(7, first), // rdi
    ...move(6, second), // rsi
    ...move(2, third), // rdx
    ...move(0, number), // rax
    ...system,
    ...[0x31, 0xff], // xor edi, edi: what the exit code is when the call went well
    ...[0x48, 0x85, 0xc0], // test rax, rax
    ...[0x79, 0x05], // jns: over the next two
    ...[0x48, 0xf7, 0xd8], // neg rax
    ...[0x89, 0xc7], // mov edi, eax
    ...move(0, 60), // exit
    ...system,
  ]);
}

function arm64Code({ number, args }: Call): Buffer {
  // movn for negative numbers, movz for others: sixteen bits are enough for what is asked here
  const move = (register: number, value: number) =>
    value < 0 ? 0x92800000 | (~value << 5) | register : 0xd2800000 | (value << 5) | register;
  const system = 0xd4000001; // svc #0
  const words = [
    ...args.map((value, register) => move(register, value)),
    move(8, number),
    system,
    0xf100001f, // cmp x0, #0
    0xda80a400, // cneg x0, x0, lt
    0x9a9fb000, // csel x0, x0, xzr, lt: 0 when the call went well
    move(8, 93), // exit
    system,
  ];
  return Buffer.from(Uint32Array.from(words, (word) => word >>> 0).buffer);
}

function int32(value: number): number[] {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return [...bytes];
}
