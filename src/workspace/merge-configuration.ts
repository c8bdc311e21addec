import type { Check, Setup } from "../run/check.ts";
import type { RepositoryConfig } from "../run/repository-config.ts";
import type { Autonomy, Limits } from "../run/request.ts";
import { nanoUsd } from "../run/usage.ts";
import type { Detected } from "./detect.ts";
import type { Registries } from "./registries.ts";

/** How far set-up may reach at all: the registries of this machine's package managers, and the hosts that the operator added. */
export interface Reach {
  registries: Registries;
  more: readonly string[];
}

export interface Merged {
  checks: readonly Check[];
  setup: Setup;
  autonomy: Autonomy;
  limits: Limits;
}

const configFile = ".github/fixpoint.yml";

/**
 * What was found, as the repository's configuration changes it, within what the operator allows: commands may be named freely (they run in
 * the sandbox), but hosts, limits and autonomy only ever become narrower.
 */
export function mergeConfiguration(
  detected: Detected,
  config: RepositoryConfig | null,
  operator: { limits: Limits; autonomy: Autonomy; reach: Reach },
): Merged {
  const findings = [...detected.setup.findings];
  return {
    checks: mergeChecks(detected.checks, config?.checks ?? {}, findings),
    setup: { ...mergeSetup(detected.setup, config?.setup, operator.reach, findings), findings },
    autonomy: narrower(operator.autonomy, config?.autonomy),
    limits: mergeLimits(operator.limits, config?.limits ?? {}, findings),
  };
}

/** A named check takes the place of a found one of that name, or is added; `false` drops it. */
function mergeChecks(
  found: readonly Check[],
  named: RepositoryConfig["checks"],
  findings: string[],
): Check[] {
  const checks = new Map(found.map((check) => [check.name, check]));
  for (const [name, form] of Object.entries(named)) {
    if (form === null) {
      checks.delete(name);
      findings.push(`${configFile} drops the check ${name}.`);
      continue;
    }
    checks.set(name, {
      name,
      command: form.run,
      purpose: form.writes ? "writes" : "proves",
      where: form.where === "ci" ? "ci_only" : "sandbox",
      foundIn: `${configFile} checks.${name}`,
    });
    findings.push(
      form.where === "ci"
        ? `${configFile} leaves the check ${name} to CI.`
        : `${configFile} names the check ${name}: \`${form.run.slice(0, 100)}\`.`,
    );
  }
  return [...checks.values()];
}

function mergeSetup(
  setup: Setup,
  config: RepositoryConfig["setup"],
  reach: Reach,
  findings: string[],
): Setup {
  const allowedHosts = everyHost(reach);
  const commands =
    config?.run === undefined
      ? setup.commands
      : config.run.map((command) => ({ command, why: `${configFile} names it.` }));
  if (config?.run !== undefined) {
    findings.push(
      `${configFile} names the set-up: ${config.run.map((command) => `\`${command}\``).join(", ") || "nothing"}.`,
    );
  }
  const refused = config?.hosts?.filter((host) => !allowedHosts.includes(host)) ?? [];
  for (const host of refused) {
    findings.push(
      `${configFile} asks for the host ${host}, which the operator does not allow; it stays closed.`,
    );
  }
  const hosts =
    config?.hosts?.filter((host) => allowedHosts.includes(host)) ??
    (config?.run === undefined ? hostsFor(setup.ecosystems, reach) : allowedHosts);
  return {
    ...setup,
    commands,
    env: { ...setup.env, ...registryEnvironment(setup.ecosystems, reach.registries) },
    hosts: commands.length === 0 ? [] : [...hosts],
    cacheAt: commands.length === 0 ? null : (setup.cacheAt ?? "/cache"),
  };
}

/** Only the registries of the kinds of project that were found; what the operator added is for all. */
function hostsFor(ecosystems: readonly string[], reach: Reach): readonly string[] {
  const { hosts } = reach.registries;
  const kinds = Object.keys(hosts);
  const languages = ecosystems.filter((name) => kinds.includes(name));
  if (languages.length === 0 && ecosystems.length > 0) return everyHost(reach);
  return [...new Set([...languages.flatMap((name) => hosts[name] ?? []), ...reach.more])];
}

function everyHost({ registries, more }: Reach): readonly string[] {
  return [...new Set([...Object.values(registries.hosts).flat(), ...more])];
}

/** Yarn has a default registry of its own, which only serves what npm's has: it is sent to the one that this machine uses. */
function registryEnvironment(ecosystems: readonly string[], { npm }: Registries): Record<string, string> {
  if (npm === null || !ecosystems.includes("yarn")) return {};
  return { YARN_NPM_REGISTRY_SERVER: npm.replace(/\/$/, ""), FIXPOINT_NPM_REGISTRY: npm };
}

const freedom: readonly Autonomy[] = ["propose", "draft", "ready"];

function narrower(operator: Autonomy, repository: Autonomy | undefined): Autonomy {
  if (repository === undefined) return operator;
  return freedom.indexOf(repository) < freedom.indexOf(operator) ? repository : operator;
}

function mergeLimits(operator: Limits, config: RepositoryConfig["limits"], findings: string[]): Limits {
  const { budgetUsd, ...counts } = config;
  const wanted: Partial<Limits> = withoutUndefined({
    ...counts,
    nanoUsd: budgetUsd === undefined ? undefined : Math.max(1, nanoUsd(budgetUsd)),
  });
  const merged = { ...operator };
  for (const name of limitNames) {
    const limit = wanted[name];
    if (limit === undefined) continue;
    merged[name] = Math.min(limit, operator[name]);
    if (limit > operator[name]) {
      const key = name === "nanoUsd" ? "budgetUsd" : name;
      findings.push(`${configFile} asks for a higher ${key} than the operator allows; the operator's holds.`);
    }
  }
  return merged;
}

const limitNames = [
  "nanoUsd",
  "steps",
  "turnsPerStep",
  "attemptsPerStep",
  "repairs",
  "revisions",
  "outputTokensPerCall",
  "filesTouched",
  "diffLines",
] as const satisfies readonly (keyof Limits)[];

function withoutUndefined(values: { [K in keyof Limits]?: number | undefined }): Partial<Limits> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
