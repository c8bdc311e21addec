import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Rule {
  names: string[];
  action: string;
  args?: { index: number; value: number; op: string }[];
}
const profile: { defaultAction: string; architectures: string[]; syscalls: Rule[] } = JSON.parse(
  readFileSync(new URL("../../../docker/seccomp.json", import.meta.url), "utf8"),
);
const allowed = new Set(profile.syscalls.filter((rule) => !rule.args).flatMap((rule) => rule.names));

test("the container's profile allows only what it names, on the processors that the sandbox knows", () => {
  expect(profile.defaultAction).toBe("SCMP_ACT_ERRNO");
  expect(profile.architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]);
  expect(new Set(profile.syscalls.map((rule) => rule.action))).toEqual(new Set(["SCMP_ACT_ALLOW"]));
});

test("it allows what the sandbox is built with", () => {
  const needed = [
    "clone",
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "sethostname",
    "seccomp",
    "prctl",
  ];
  expect(needed.filter((name) => !allowed.has(name))).toEqual([]);
});

test("it keeps from the whole container what the sandbox refuses its commands", () => {
  const refused = [
    "keyctl",
    "add_key",
    "request_key",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "io_uring_setup",
    "ptrace",
    "kexec_load",
    "init_module",
    "finit_module",
    "open_by_handle_at",
    "process_vm_readv",
    "reboot",
    "swapon",
    "iopl",
  ];
  expect(refused.filter((name) => allowed.has(name))).toEqual([]);
  expect(profile.syscalls.filter((rule) => rule.names.includes("socket"))).toEqual([
    expect.objectContaining({ args: [{ index: 0, value: 40, op: "SCMP_CMP_NE" }] }),
  ]);
});
