import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Where installing may go, by kind of project. */
export interface Registries {
  /** hosts by ecosystem; a kind that is not listed could not be asked, and gets what the operator named */
  hosts: Readonly<Record<string, readonly string[]>>;
  /** base URL of the npm registry, ending in `/`; null without npm */
  npm: string | null;
}

/** What a package manager prints, or null when it is not there or does not answer. */
export type Ask = (program: string, args: readonly string[]) => Promise<string | null>;

/**
 * The package managers of this machine know their registries: their own default, or the mirror that the operator has set. So they are asked,
 * each once and when a repository of its kind first comes, and no list of hosts has to be kept here. Cargo has no way to be asked: its
 * hosts come from FIXPOINT_REGISTRY_HOSTS. For a kind that is not known (a Makefile) all are asked.
 */
export function createRegistries(ask: Ask): (ecosystems: readonly string[]) => Promise<Registries> {
  const node = once(() => ask("npm", ["config", "get", "registry"]));
  const python = once(() => askPip(ask));
  const go = once(async () => {
    const [proxy, sums] = await Promise.all([ask("go", ["env", "GOPROXY"]), ask("go", ["env", "GOSUMDB"])]);
    return `${proxy ?? ""} ${sums ?? ""}`;
  });
  const managers: Readonly<Record<string, () => Promise<string | null>>> = {
    npm: node,
    pnpm: node,
    yarn: node,
    python,
    go,
  };
  return async (ecosystems) => {
    const known = ecosystems.filter((name) => managers[name]);
    const asked = known.length > 0 ? known : Object.keys(managers);
    const hosts: Record<string, readonly string[]> = {};
    for (const name of asked) {
      const found = hostsIn((await managers[name]?.()) ?? "");
      if (found.length > 0) hosts[name] = found;
    }
    const npm = asked.some((name) => managers[name] === node) ? await node() : null;
    const url = npm !== null && URL.canParse(npm) ? new URL(npm).href.replace(/\/*$/, "/") : null;
    return { hosts, npm: url };
  };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | null = null;
  return () => {
    answer ??= ask();
    return answer;
  };
}

/** Its index, if one is configured, else the default that pip carries, and the host that its files lie on. */
async function askPip(ask: Ask): Promise<string | null> {
  const configured = await ask("python3", ["-m", "pip", "config", "get", "global.index-url"]);
  if (configured) return configured;
  const print = "from pip._internal.models.index import PyPI as i; print(i.netloc, i.file_storage_domain)";
  return ask("python3", ["-c", print]);
}

/** Hosts of a list of URLs and names, as `https://proxy.example,direct` or `sum.example`. */
function hostsIn(text: string): string[] {
  const words = text.split(/[\s,|]+/).map((word) => word.trim());
  const hosts = words.flatMap((word) => {
    if (URL.canParse(word) && word.includes("://")) return [new URL(word).hostname];
    return /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(word) ? [word] : [];
  });
  return [...new Set(hosts)];
}

const execute = promisify(execFile);

/** Asks the programs on a search path, away from any project, whose settings are not the operator's. */
export function askPrograms(searchPath: string, home: string): Ask {
  return async (program, args) => {
    try {
      const env = { PATH: searchPath, HOME: home, NO_COLOR: "1" };
      const { stdout } = await execute(program, [...args], { cwd: "/", env, timeout: 15_000 });
      return stdout.trim() || null;
    } catch {
      return null;
    }
  };
}
