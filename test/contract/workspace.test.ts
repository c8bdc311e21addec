import { afterAll, beforeAll, expect } from "vitest";
import { createMemoryStore, emptyStore } from "../../demo/forge/git/memory-store.ts";
import { openGate } from "../chaos/gate.ts";
import { createMemoryWorkspaces } from "../chaos/ports/memory-workspace.ts";
import { commitFiles } from "../chaos/ports/seed-store.ts";
import { type LocalRepository, localRepository } from "../workspace/local-repository.ts";
import { carryOverContract } from "./carry-over.contract.ts";
import { baseFiles, type Told, workspaceContract } from "./workspace.contract.ts";

let repository: LocalRepository;
beforeAll(async () => {
  repository = await localRepository(baseFiles);
});
afterAll(() => repository.remove());

let told: Told | null = null;
const asInDirectory = (now: Told) => {
  told = now;
  expect(now.patch).toContain("+export const add = (a, b) => a + b;");
};

workspaceContract("in a directory", () => repository.open(), asInDirectory);

workspaceContract(
  "in memory",
  async () => {
    const store = createMemoryStore(emptyStore());
    const sha = commitFiles(store, baseFiles, { at: new Date(0) });
    const spec = repository.spec({ sha });
    return createMemoryWorkspaces({ fetch: () => store, gate: openGate }).open(spec);
  },
  (now) => expect(now).toEqual(told),
);

carryOverContract("in directories", async (trees) => {
  const upstream = await localRepository(trees.before);
  const before = upstream.sha;
  const commit = async (tree: Readonly<Record<string, string>>) => {
    upstream.run("rm", "-r", "-q", ".");
    return upstream.commit(tree);
  };
  try {
    upstream.run("checkout", "--quiet", "-b", "ours");
    const ours = await commit(trees.ours);
    upstream.run("checkout", "--quiet", "main");
    const base = await commit(trees.base);
    const { sha: _, branch: __, ...spec } = upstream.spec();
    return await upstream.workspaces.carryOver({
      ...spec,
      commits: {
        before: { sha: before, branch: "main" },
        ours: { sha: ours, branch: "ours" },
        base: { sha: base, branch: "main" },
      },
    });
  } finally {
    await upstream.remove();
  }
});

carryOverContract("in memory", (trees) => {
  const store = createMemoryStore(emptyStore());
  const at = (tree: Readonly<Record<string, string>>) => {
    return { sha: commitFiles(store, tree, { at: new Date(0) }), branch: "main" };
  };
  const { sha: _, branch: __, ...spec } = repository.spec();
  return createMemoryWorkspaces({ fetch: () => store, gate: openGate }).carryOver({
    ...spec,
    commits: { before: at(trees.before), ours: at(trees.ours), base: at(trees.base) },
  });
});
