import type { Detector, RepositoryFiles } from "./ecosystem.ts";
import { fetchTool, toolPath } from "./node-tool.ts";
import { checksOfScripts, type PackageJson, readPackageJson } from "./package-json.ts";

/** Node projects with a pnpm-lock.yaml. */
export const detectPnpm: Detector = async (files) => {
  if (!files.has("pnpm-lock.yaml")) return null;
  const manifest = await readPackageJson(files);
  if (manifest === null) return null;
  const found = { ecosystem: "pnpm", env: { PATH: toolPath } } as const;
  if (typeof manifest === "string") return { ...found, checks: [], commands: [], findings: [manifest] };
  const { checks, findings } = checksOfScripts(manifest, "pnpm");
  const { version, why } = await versionOf(manifest, files);
  const install = "pnpm-lock.yaml pins the dependencies; their install scripts stay off.";
  return {
    ...found,
    checks,
    commands: [
      { command: fetchTool(`pnpm@${version}`), why },
      {
        command:
          'pnpm install --frozen-lockfile --ignore-scripts --prefer-offline --store-dir "$FIXPOINT_CACHE/pnpm"',
        why: install,
      },
    ],
    findings: [why, install, ...findings],
  };
};

/** The newest pnpm that writes the lock file's format (pnpm.io/limitations, its own lockfileVersion history). */
const byLockfile: Readonly<Record<string, string>> = { "5": "7", "6": "8", "9": "9" };

async function versionOf(
  manifest: PackageJson,
  files: RepositoryFiles,
): Promise<{ version: string; why: string }> {
  if (manifest.packageManager?.name === "pnpm") {
    const { version } = manifest.packageManager;
    return { version, why: `package.json asks for pnpm ${version}.` };
  }
  const lock = (await files.read("pnpm-lock.yaml")) ?? "";
  const format = /^lockfileVersion:\s*['"]?(\d+)(?:\.\d+)?/m.exec(lock)?.[1] ?? "9";
  const version = byLockfile[format] ?? "9";
  return { version, why: `pnpm-lock.yaml has format ${format}, which pnpm ${version} reads.` };
}
