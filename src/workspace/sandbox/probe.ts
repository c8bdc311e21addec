import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Attack, Target } from "./attack.ts";
import { attacks } from "./attacks.ts";
import {
  defaultLimits,
  type Finding,
  type Limits,
  type ProbeReport,
  type SandboxResult,
  type SandboxSpec,
} from "./sandbox.ts";

/** Little enough that reaching a limit takes no time, and enough for node to start. */
const probeLimits: Limits = {
  ...defaultLimits,
  wallMs: 20_000,
  memoryBytes: 512 * 1024 ** 2,
  // Node 24 needs 560 MiB to start at all
  reservedBytes: 640 * 1024 ** 2,
  diskBytes: 16 * 1024 ** 2,
  inodes: 2_000,
  outputBytes: 64 * 1024,
};

/**
 * Attacks the sandbox in small before any command of a repository may run in it. "It starts" proves nothing: a bwrap that
 * starts can still leak the worker's environment, or a kernel can lack what a limit needs. One thing that does not hold,
 * or that cannot be tried, and the answer is no.
 */
export async function probeSandbox(deps: {
  run: (spec: SandboxSpec) => Promise<SandboxResult>;
  scratchDir: string;
}): Promise<ProbeReport> {
  await mkdir(deps.scratchDir, { recursive: true });
  const directory = await mkdtemp(join(deps.scratchDir, "probe-"));
  try {
    // a closed directory above the secret must not be what keeps it
    await chmod(directory, 0o755);
    const target = await layOut(join(directory, "start"), deps.run);
    // what cannot even start fails every attack for the same reason; once is enough to say it
    for (const first of [startAtAll, startNode]) {
      const start = await tryAttack(first, target);
      if (start.outcome === "broken") return { ok: false, findings: [start] };
    }
    // A worker takes no run before this is done, so the lists are tried side by side, each on a ground of its own.
    const tried = attacks.map(async (list, index) =>
      tryAll(list, await layOut(join(directory, String(index)), deps.run)),
    );
    const findings = (await Promise.all(tried)).flat();
    return { ok: findings.every((finding) => finding.outcome === "held"), findings };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const startAtAll: Attack = {
  name: "start a command",
  async perform({ shell }) {
    const { stdout } = await shell("echo started");
    return { broken: stdout !== "started\n", seen: stdout.trim() };
  },
};

/** The attacks themselves are written for node, and so is the relay to the package registries. */
const startNode: Attack = {
  name: "start node",
  async perform({ node }) {
    const { stdout, output } = await node("console.log('started')");
    return { broken: stdout !== "started\n", seen: output.trim().slice(-300) };
  },
};

async function tryAll(list: readonly Attack[], target: Target): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const attack of list) findings.push(await tryAttack(attack, target));
  return findings;
}

async function tryAttack({ name, perform }: Attack, target: Target): Promise<Finding> {
  try {
    const { broken, seen } = await perform(target);
    return { attack: name, outcome: broken ? "broken" : "held", detail: seen };
  } catch (error) {
    return {
      attack: name,
      outcome: "broken",
      detail: error instanceof Error ? error.message : String(error),
    };
  }
}

async function layOut(
  directory: string,
  run: (spec: SandboxSpec) => Promise<SandboxResult>,
): Promise<Target> {
  const workspace = join(directory, "workspace");
  const secret = { path: join(directory, "secret"), text: randomBytes(16).toString("hex") };
  await mkdir(join(workspace, "kept"), { recursive: true });
  await writeFile(join(workspace, "kept/file"), "kept\n");
  await writeFile(join(workspace, "read-me"), "as it was\n");
  await writeFile(secret.path, secret.text, { mode: 0o644 });
  const command = (argv: readonly string[], limits: Partial<Limits> = {}) =>
    run({
      argv,
      workspace,
      mode: "discard",
      env: {},
      readOnly: [],
      caches: [],
      network: { kind: "none" },
      limits: { ...probeLimits, ...limits },
    });
  return {
    workspace,
    secret,
    marker: `fixpoint-probe-${randomBytes(8).toString("hex")}`,
    shell: (script, limits) => command(["/bin/sh", "-c", script], limits),
    node: (script, limits) => command([process.execPath, "-e", script], limits),
  };
}
