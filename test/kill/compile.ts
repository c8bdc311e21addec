import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Compiles the product once, to where its packages are found, and gives the path of its command line: a hundred workers are started, and
 * each would compile it again. It is also what an operator runs.
 */
export function compileProduct(): { cli: string; remove(): void } {
  const outDir = join(root, "node_modules", ".cache", `fixpoint-kill-${process.pid}`);
  const typescript = dirname(createRequire(import.meta.url).resolve("typescript/package.json"));
  const options = ["-p", join(root, "tsconfig.build.json"), "--outDir", outDir, "--sourceMap", "false"];
  execFileSync(process.execPath, [join(typescript, "bin", "tsc"), ...options], { stdio: "inherit" });
  return {
    cli: join(outDir, "src", "cli.js"),
    remove: () => rmSync(outDir, { recursive: true, force: true }),
  };
}
