import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import type { Logger } from "../logger.ts";
import { provideBubblewrap } from "../provision/bubblewrap.ts";
import { NeedsInstallError } from "../provision/install-advice.ts";
import { createBubblewrapSandbox } from "../workspace/sandbox/create-bubblewrap-sandbox.ts";
import { type ProbeReport, type Sandbox, SandboxFailure } from "../workspace/sandbox/sandbox.ts";
import { findToolchains, type Toolchains } from "../workspace/sandbox/toolchains.ts";

export interface OpenedSandbox {
  sandbox: Sandbox;
  /** why nothing of a repository may run on this worker, for people; null when the attacks of the probe all failed */
  problem: string | null;
  /** the unprivileged user that commands run as, when the worker is root: workspaces belong to it */
  owner: { uid: number; gid: number } | null;
  /** environment of every command */
  env: Readonly<Record<string, string>>;
}

/** `nobody` on every Linux: owns nothing. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/**
 * Opens the configured sandbox and attacks it. A sandbox that does not hold is no sandbox: the worker starts, and every run that would
 * execute something asks a person instead. There is no falling back.
 */
export async function openSandbox(
  config: Config,
  log: Logger,
  attack: (sandbox: Sandbox) => Promise<ProbeReport> = (sandbox) => sandbox.probe(),
): Promise<OpenedSandbox> {
  const toolchains = findToolchains(config.searchPath.split(":"), process.execPath);
  const env = { ...toolchains.env, PATH: toolchains.path };
  const owner = process.geteuid?.() === 0 ? NOBODY : null;
  if (config.sandbox.kind === "none") {
    log.warn("FIXPOINT_SANDBOX is none: the code of repositories runs on this machine without isolation");
    const { createNoSandbox } = await import("../workspace/sandbox/none.ts");
    return { sandbox: createNoSandbox({ acknowledged: true }), problem: null, owner: null, env };
  }
  try {
    const sandbox = await openBubblewrap(config, toolchains, owner, log);
    const { ok, findings } = await attack(sandbox);
    const broken = findings.filter((finding) => finding.outcome === "broken");
    const problem = ok ? null : broken.map((finding) => `${finding.attack}: ${finding.detail}`).join("; ");
    if (problem)
      log.error({ findings: broken }, "the sandbox does not hold, so nothing of a repository is run here");
    return { sandbox, problem, owner, env };
  } catch (error) {
    if (!(error instanceof NeedsInstallError || error instanceof SandboxFailure)) throw error;
    log.error({ err: error }, "there is no sandbox, so nothing of a repository is run here");
    return { sandbox: refusing(error.message), problem: error.message, owner, env };
  }
}

async function openBubblewrap(
  config: Config,
  toolchains: Toolchains,
  owner: OpenedSandbox["owner"],
  log: Logger,
): Promise<Sandbox> {
  const { cacheDir } = config;
  const scratchDir = join(config.dataDir, "sandbox");
  await mkdir(scratchDir, { recursive: true });
  const program = await provideBubblewrap({
    cacheDir,
    path: config.searchPath,
    log: (line) => log.info(line),
  });
  return createBubblewrapSandbox({
    ...program,
    scratchDir,
    toolchains: toolchains.directories,
    ...(owner ? { dropTo: owner } : {}),
    ...(config.sandbox.trustedCa ? { trustedCa: config.sandbox.trustedCa } : {}),
    egress: { privateHosts: config.sandbox.registryHosts },
    log: (line) => log.debug(line),
  });
}

function refusing(message: string): Sandbox {
  return {
    name: "bwrap",
    probe: () => Promise.resolve({ ok: false, findings: [] }),
    run: () => Promise.reject(new SandboxFailure(message)),
  };
}
