import type { Detector, RepositoryFiles } from "./ecosystem.ts";
import { fetchTool, toolPath } from "./node-tool.ts";
import { checksOfScripts, type PackageJson, readPackageJson } from "./package-json.ts";

/** Node projects with a yarn.lock, of either kind: Yarn 1 (classic), or a later one (Berry). */
export const detectYarn: Detector = async (files) => {
  if (!files.has("yarn.lock") || files.has("pnpm-lock.yaml")) return null;
  const manifest = await readPackageJson(files);
  if (manifest === null) return null;
  if (typeof manifest === "string") {
    return { ecosystem: "yarn", env: {}, checks: [], commands: [], findings: [manifest] };
  }
  const { checks, findings } = checksOfScripts(manifest, "yarn");
  const isBerry = /^__metadata:/m.test((await files.read("yarn.lock")) ?? "");
  const { specifier, why, install, env } = isBerry ? await berry(manifest, files) : classic(manifest);
  const pins = "yarn.lock pins the dependencies; their install scripts stay off.";
  return {
    ecosystem: "yarn",
    env: { PATH: toolPath, ...env },
    checks,
    commands: [
      { command: fetchTool(specifier), why },
      { command: install, why: pins },
    ],
    findings: [why, pins, ...findings],
  };
};

interface Plan {
  specifier: string;
  why: string;
  install: string;
  env: Record<string, string>;
}

function classic(manifest: PackageJson): Plan {
  const asked = manifest.packageManager;
  const version = asked?.name === "yarn" && asked.version.startsWith("1.") ? asked.version : "1.22.22";
  return {
    specifier: `yarn@${version}`,
    why: `yarn.lock is that of Yarn 1; ${version} is used.`,
    // The lock file names Yarn's own registry in full; the integrity of each package stays pinned. Afterwards the file is put back.
    install:
      'sed -i -E "s#^(  resolved \\")https://registry\\.[^/]+/#\\1$FIXPOINT_NPM_REGISTRY#" yarn.lock && yarn install --frozen-lockfile --ignore-scripts --non-interactive --prefer-offline --cache-folder "$FIXPOINT_CACHE/yarn"',
    env: {},
  };
}

async function berry(manifest: PackageJson, files: RepositoryFiles): Promise<Plan> {
  const asked = manifest.packageManager?.name === "yarn" ? manifest.packageManager.version : null;
  const settings = (await files.read(".yarnrc.yml")) ?? "";
  const checkedIn = /^yarnPath:.*yarn-(\d+\.\d+\.\d+)\.cjs/m.exec(settings)?.[1];
  const version = asked ?? checkedIn ?? "4";
  return {
    specifier: `@yarnpkg/cli-dist@${version}`,
    why: `yarn.lock is that of a later Yarn; ${version} is used.`,
    install: 'YARN_GLOBAL_FOLDER="$FIXPOINT_CACHE/yarn" YARN_ENABLE_SCRIPTS=0 yarn install --immutable',
    env: {
      // The fetched Yarn, not a copy of it that the repository carries.
      YARN_IGNORE_PATH: "1",
      YARN_ENABLE_TELEMETRY: "0",
      // Plug'n'Play reads packages from the cache when checks run, and then only the workspace is there.
      YARN_ENABLE_GLOBAL_CACHE: "0",
    },
  };
}
