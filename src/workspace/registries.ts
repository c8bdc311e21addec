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
 * once at the start, and no list of hosts has to be kept here. Cargo has no way to be asked: its hosts come from FIXPOINT_REGISTRY_HOSTS.
 */
export async function askRegistries(ask: Ask): Promise<Registries> {
  const [npm, python, goProxy, goSums] = await Promise.all([
    ask("npm", ["config", "get", "registry"]),
    askPip(ask),
    ask("go", ["env", "GOPROXY"]),
    ask("go", ["env", "GOSUMDB"]),
  ]);
  const npmUrl = npm !== null && URL.canParse(npm) ? new URL(npm).href.replace(/\/*$/, "/") : null;
  const node = hostsIn(npm ?? "");
  const go = [...hostsIn(goProxy ?? ""), ...hostsIn(goSums ?? "")];
  const all = { npm: node, pnpm: node, yarn: node, python: hostsIn(python ?? ""), go };
  return {
    hosts: Object.fromEntries(Object.entries(all).filter(([, hosts]) => hosts.length > 0)),
    npm: npmUrl,
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
