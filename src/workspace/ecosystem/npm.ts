import type { Detector } from "./ecosystem.ts";
import { checksOfScripts, readPackageJson } from "./package-json.ts";

const locks = ["package-lock.json", "npm-shrinkwrap.json"];

/** Node projects that use npm, or no lock file at all. Those of pnpm and yarn have detectors of their own. */
export const detectNpm: Detector = async (files) => {
  if (files.has("pnpm-lock.yaml") || files.has("yarn.lock")) return null;
  const manifest = await readPackageJson(files);
  if (manifest === null) return null;
  const found = { ecosystem: "npm", env: {} } as const;
  if (typeof manifest === "string") return { ...found, checks: [], commands: [], findings: [manifest] };
  const { checks, findings } = checksOfScripts(manifest, "npm");
  if (!manifest.hasDependencies) {
    const nothing = "package.json names no dependencies, so nothing is installed.";
    return { ...found, checks, commands: [], findings: [nothing, ...findings] };
  }
  const lock = locks.find((name) => files.has(name));
  // On the command line, where no .npmrc of the repository can outrank it.
  const flags = '--ignore-scripts --no-audit --no-fund --prefer-offline --cache "$FIXPOINT_CACHE/npm"';
  const command = lock ? `npm ci ${flags}` : `npm install --no-package-lock ${flags}`;
  const why = lock
    ? `${lock} pins the dependencies; their install scripts stay off.`
    : "There is no lock file, so the newest fitting versions are installed; their install scripts stay off.";
  return { ...found, checks, commands: [{ command, why }], findings: [why, ...findings] };
};
