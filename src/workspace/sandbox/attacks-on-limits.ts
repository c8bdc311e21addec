import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Attack } from "./attack.ts";

/** Taking more than was given: processes, memory, disk, and time. */
export const attacksOnLimits: readonly Attack[] = [
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
      // A small limit, since a machine may take seconds to hand out half a gigabyte.
      const { stdout, code } = await node(
        "const all = []; while (all.length < 128) all.push(Buffer.allocUnsafe(2 ** 24).fill(1)); console.log('got it')",
        { memoryBytes: 96 * 1024 ** 2 },
      );
      const broken = stdout.includes("got it") || code === 0;
      return { broken, seen: broken ? "got 2 GiB with a limit of 96 MiB" : "refused above the limit" };
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
      const { limit } = await shell(`${stubborn(marker)} trap '' TERM INT HUP; sleep 60`, { wallMs: 400 });
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
