import { afterAll, beforeAll, expect } from "vitest";
import { createMemoryStore, emptyStore } from "../../demo/forge/git/memory-store.ts";
import { openGate } from "../chaos/gate.ts";
import { createMemoryWorkspaces } from "../chaos/ports/memory-workspace.ts";
import { commitFiles } from "../chaos/ports/seed-store.ts";
import { type LocalRepository, localRepository } from "../workspace/local-repository.ts";
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
