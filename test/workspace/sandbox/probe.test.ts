import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { provideBubblewrap } from "../../../src/provision/bubblewrap.ts";
import { attacks } from "../../../src/workspace/sandbox/attacks.ts";
import { createBubblewrapSandbox } from "../../../src/workspace/sandbox/create-bubblewrap-sandbox.ts";
import type { ProbeReport } from "../../../src/workspace/sandbox/sandbox.ts";
import { createNobodysPlace } from "../../provision/as-nobody.ts";
import {
  cacheDir,
  command,
  copyOfBubblewrap,
  newDirectory,
  newWorkspace,
  openSandbox,
} from "./open-sandbox.ts";

// attacks that wait for limits, on a machine that may be busy
vi.setConfig({ testTimeout: 120_000 });

const place = createNobodysPlace();
afterAll(() => place.remove());

const broken = (report: ProbeReport) =>
  report.findings.filter((finding) => finding.outcome === "broken").map((finding) => finding.attack);

test("every attack fails for the user who runs the tests", async () => {
  const report = await (await openSandbox()).probe();
  expect(report.findings.map((finding) => finding.attack)).toEqual(
    attacks.flat().map((attack) => attack.name),
  );
  expect({ ok: report.ok, broken: broken(report) }).toEqual({ ok: true, broken: [] });
});

test("every attack fails for an ordinary user", async () => {
  const directory = newDirectory();
  chmodSync(directory, 0o755);
  const { bwrap, libraryPath } = await copyOfBubblewrap(directory);
  const program = "test/workspace/sandbox/probe-program.ts";
  const report = (await place.run(
    program,
    bwrap,
    libraryPath,
    join(place.home, "scratch"),
  )) as ProbeReport & {
    uid: number;
  };
  expect({ ok: report.ok, broken: broken(report) }).toEqual({ ok: true, broken: [] });
  expect([report.uid, report.findings.length]).toEqual([
    process.geteuid?.() === 0 ? 65_534 : process.geteuid?.(),
    attacks.flat().length,
  ]);
});

test("each protection that is taken away is found out by its attack", async () => {
  const directory = newDirectory();
  chmodSync(directory, 0o755);
  const { bwrap, libraryPath } = await copyOfBubblewrap(directory);
  const weak = join(directory, "bwrap");
  // the real bwrap, but without some of what it was asked for
  writeFileSync(
    weak,
    `#!/bin/sh
n=$#
while [ $n -gt 0 ]; do
  a=$1; shift; n=$((n-1))
  case "$a" in
    --unshare-all) set -- "$@" --unshare-pid --unshare-ipc --unshare-uts ;;
    --seccomp) shift; n=$((n-1)) ;;
    --nproc=*) ;;
    /mnt/layer/workspace) set -- "$@" /mnt/workspace ;;
    --remount-ro) shift; n=$((n-1)) ;;
    --chdir) set -- "$@" --setenv WORKER_TOKEN leaked --ro-bind ${directory} ${directory} --ro-bind /etc/hostname /etc/shadow --chdir ;;
    *) set -- "$@" "$a" ;;
  esac
done
exec ${bwrap} "$@"
`,
    { mode: 0o755 },
  );
  const sandbox = await openSandbox({ bwrap: weak, libraryPath, scratchDir: join(directory, "scratch") });
  const report = await sandbox.probe();
  expect(report.ok).toBe(false);
  expect(broken(report)).toEqual([
    "read the worker's environment, its own or of any process that can be seen",
    "read files outside the workspace, by path and through a link",
    "write outside the workspace",
    "change the workspace itself",
    "reach a server on the host's loopback, and any network",
    "use privileges",
    "ask for the kernel's keys and for a socket to the hypervisor",
    // the filter that nobody read
    "use descriptors that the worker left open",
    "start processes without end",
    "fill the disk, by size and by number of files",
  ]);
});

test("a bwrap that does not start is a broken sandbox, and nothing is run instead", async () => {
  const directory = newDirectory();
  chmodSync(directory, 0o755);
  const refusing = join(directory, "bwrap");
  writeFileSync(
    refusing,
    `#!/bin/sh\n[ "$1" = --help ] || { echo "bwrap: Creating new namespace failed" >&2; exit 1; }\n`,
    { mode: 0o755 },
  );
  const sandbox = await openSandbox({ bwrap: refusing });
  const report = await sandbox.probe();
  expect(report).toEqual({
    ok: false,
    findings: [
      {
        attack: "start a command",
        outcome: "broken",
        detail: expect.stringMatching(
          /^The sandbox could not be set up, so the command did not run: bwrap: Creating new namespace failed This machine does not let this user make namespaces\. /,
        ),
      },
    ],
  });
  const workspace = newWorkspace({ "a.txt": "a" });
  await expect(sandbox.run(command(workspace, "echo ran"))).rejects.toThrow("the command did not run");
});

test.runIf(process.geteuid?.() === 0)("root runs nothing as root", async () => {
  const { bwrap } = await provideBubblewrap({ cacheDir });
  for (const dropTo of [undefined, { uid: 0, gid: 0 }, { uid: 65_534, gid: 0 }]) {
    const sandbox = createBubblewrapSandbox({
      bwrap,
      scratchDir: newDirectory(),
      ...(dropTo ? { dropTo } : {}),
    });
    await expect(sandbox.run(command(newWorkspace({}), "echo ran"))).rejects.toThrow(
      "The worker runs as root and no other user is named",
    );
    expect((await sandbox.probe()).ok).toBe(false);
  }
});
