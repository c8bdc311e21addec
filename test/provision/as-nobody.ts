import { execFile } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { canReach } from "../../src/workspace/sandbox/reach.ts";

const execute = promisify(execFile);
const checkout = fileURLToPath(new URL("../..", import.meta.url));
export const nobody = { uid: 65_534, gid: 65_534 };

/** A place where a program of the tests runs as an ordinary user who owns nothing: another one than root when the tests run as root. */
export interface NobodysPlace {
  /** belongs to that user */
  home: string;
  /** runs a file of the checkout with these arguments and reads the JSON that it prints */
  run(file: string, ...args: string[]): Promise<unknown>;
  remove(): void;
}

/** The checkout may lie where that user cannot go (under /root), so what the programs need is copied. */
export function createNobodysPlace(): NobodysPlace {
  const place = mkdtempSync(join(tmpdir(), "fixpoint-nobody-"));
  const isRoot = process.geteuid?.() === 0;
  for (const part of [
    "src/provision",
    "src/workspace/sandbox",
    "test/provision",
    "test/workspace/sandbox",
    "node_modules/tsx",
    "node_modules/esbuild",
    "node_modules/@esbuild",
  ]) {
    cpSync(join(checkout, part), join(place, part), { recursive: true });
  }
  writeFileSync(join(place, "package.json"), `{ "type": "module" }`);
  const home = join(place, "home");
  mkdirSync(home);
  chmodSync(place, 0o755);
  if (isRoot) chownSync(home, nobody.uid, nobody.gid);
  return {
    home,
    async run(file, ...args) {
      const loader = join(place, "node_modules/tsx/dist/esm/index.mjs");
      const { stdout } = await execute(
        reachableNode(place),
        ["--import", loader, join(place, file), ...args],
        {
          cwd: home,
          env: { PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: tmpdir() },
          ...(isRoot ? nobody : {}),
        },
      );
      return JSON.parse(stdout);
    },
    remove: () => rmSync(place, { recursive: true, force: true }),
  };
}

function reachableNode(place: string): string {
  if (process.geteuid?.() !== 0 || canReach(process.execPath, nobody)) return process.execPath;
  const copy = join(place, "node");
  cpSync(process.execPath, copy);
  return copy;
}
