import { createHash } from "node:crypto";
import type { ChangeSet } from "../../../src/run/change.ts";
import type { Workspace } from "../../../src/workspace/workspace.ts";

const byText = (a: string, b: string) => (a < b ? -1 : 1);
const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A workspace of a few files in memory, for tests of what stands above it. */
export function memoryWorkspace(
  base: Record<string, string>,
): Workspace & { text(path: string): string | null } {
  const before = new Map(Object.entries(base).map(([path, text]) => [path, Buffer.from(text)]));
  const now = new Map<string, Uint8Array>(before);
  return {
    root: "/nowhere",
    baseSha: "0".repeat(40),
    text: (path) => (now.has(path) ? Buffer.from(now.get(path)!).toString() : null),
    read: async (path) => {
      const bytes = now.get(path);
      return bytes ? { bytes, mode: "100644", digest: digestOf(bytes) } : null;
    },
    write: async (path, content) => void now.set(path, content),
    remove: async (path) => void now.delete(path),
    list: async (path = "") =>
      [...now.keys()].filter((file) => path === "" || file.startsWith(`${path}/`)).toSorted(byText),
    changes: (): ChangeSet =>
      [...new Set([...before.keys(), ...now.keys()])].toSorted(byText).flatMap((path): ChangeSet => {
        const [old, current] = [before.get(path), now.get(path)];
        if (!current) return [{ kind: "delete", path }];
        if (old && digestOf(old) === digestOf(current)) return [];
        return [{ kind: "write", path, mode: "100644", digest: digestOf(current), bytes: current.length }];
      }),
    contentOf: (digest) => [...now.values()].find((bytes) => digestOf(bytes) === digest),
    restore: async () => {
      throw new Error("not played here");
    },
    lend: async (work) => ({ result: await work(), restored: [] }),
    snapshot: async () => ({ tree: "", patch: "" }),
    dispose: async () => {},
  };
}
