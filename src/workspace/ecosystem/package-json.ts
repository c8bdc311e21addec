import { z } from "zod";
import type { Check } from "../../run/check.ts";
import { proving, type RepositoryFiles, writing } from "./ecosystem.ts";

// Each part on its own: a manifest with an odd field is still a manifest.
const texts = z.record(z.string(), z.unknown()).catch({});
const manifestSchema = z.object({
  scripts: texts,
  dependencies: texts,
  devDependencies: texts,
  optionalDependencies: texts,
  peerDependencies: texts,
  workspaces: z.unknown().optional(),
  packageManager: z.string().nullable().catch(null),
});
type Manifest = z.infer<typeof manifestSchema>;

export interface PackageJson {
  scripts: ReadonlyMap<string, string>;
  /** does it name anything to install? */
  hasDependencies: boolean;
  /** `{ name: "pnpm", version: "9.1.0" }` as corepack reads it */
  packageManager: { name: string; version: string } | null;
}

/** package.json at the root; `null` when there is none, a sentence when it cannot be used. */
export async function readPackageJson(files: RepositoryFiles): Promise<PackageJson | string | null> {
  const text = await files.read("package.json");
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return "package.json is not valid JSON, so nothing is taken from it.";
  }
  const manifest = manifestSchema.safeParse(value);
  if (!manifest.success) return "package.json holds no object, so nothing is taken from it.";
  return {
    scripts: textEntries(manifest.data.scripts),
    hasDependencies: namesSomething(manifest.data),
    packageManager: readPackageManager(manifest.data.packageManager),
  };
}

/** Names that say "this proves something", by what people mean with them; the first of a group that exists counts. */
const provingScripts: readonly (readonly string[])[] = [
  ["test", "test:unit", "unit"],
  ["lint"],
  ["typecheck", "type-check", "check-types", "check:types", "tsc"],
  ["build"],
  ["check"],
];
const writingScripts = ["format", "fmt", "lint:fix", "generate", "codegen"];

/** The checks that the scripts offer, run by the given package manager, with a sentence for each that was left out. */
export function checksOfScripts(
  { scripts }: PackageJson,
  runner: "npm" | "pnpm" | "yarn",
): { checks: Check[]; findings: string[] } {
  const findings: string[] = [];
  const isUseful = (name: string) => {
    const script = scripts.get(name);
    if (script === undefined || script.trim() === "") return false;
    if (!isPlaceholder(script)) return true;
    findings.push(`scripts.${name} in package.json is npm's placeholder and proves nothing.`);
    return false;
  };
  const command = (name: string) => {
    const plain = name === "test" ? `${runner} test` : `${runner} run ${name}`;
    const before = scripts.get(`pre${name}`);
    const around = [before, scripts.get(`post${name}`)].filter((script) => script !== undefined);
    if (!around.some(needsNetwork)) return plain;
    findings.push(
      `The script before or after scripts.${name} needs the network, which checks do not have; it is left out.`,
    );
    const alone = `npm run ${name} --ignore-scripts`;
    return before !== undefined && !needsNetwork(before) ? `npm run pre${name} && ${alone}` : alone;
  };
  const proofs = provingScripts.flatMap((group) => group.find(isUseful) ?? []);
  const writers = writingScripts.filter((name) => scripts.has(name));
  for (const name of [...proofs, ...writers]) {
    findings.push(`package.json has scripts.${name}: \`${(scripts.get(name) ?? "").slice(0, 100)}\`.`);
  }
  return {
    checks: [
      ...proofs.map((name) => proving(name, command(name), `package.json scripts.${name}`)),
      ...writers.map((name) => writing(name, command(name), `package.json scripts.${name}`)),
    ],
    findings,
  };
}

/** `posttest: npx npm audit` is common, and would make every test fail where there is no network. */
function needsNetwork(script: string): boolean {
  return /\b(npx|audit|aud|curl|wget|publish)\b/.test(script);
}

/** What `npm init` writes. */
function isPlaceholder(script: string): boolean {
  return /no test specified/i.test(script) && /exit 1/.test(script);
}

function textEntries(record: Record<string, unknown>): Map<string, string> {
  return new Map(
    Object.entries(record).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

function namesSomething(manifest: Manifest): boolean {
  const { dependencies, devDependencies, optionalDependencies, peerDependencies, workspaces } = manifest;
  const named = [dependencies, devDependencies, optionalDependencies, peerDependencies];
  return workspaces != null || named.some((group) => Object.keys(group).length > 0);
}

function readPackageManager(text: string | null): PackageJson["packageManager"] {
  const [, name, version] = /^(npm|pnpm|yarn)@(\d+\.\d+\.\d+(?:-[\w.]+)?)/.exec(text ?? "") ?? [];
  return name && version ? { name, version } : null;
}
