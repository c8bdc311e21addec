import type { PolicyDecision } from "../run/policy.ts";
import { readIgnoreRules } from "./ignore-rules.ts";
import { relativePath } from "./relative-path.ts";
import type { LayerChange } from "./sandbox/sandbox.ts";
import { PathRefused, type Workspace } from "./workspace.ts";

const mostFiles = 500;
const mostBytesOfFile = 1_000_000;
const mostBytes = 10_000_000;
const mostNotes = 20;

/**
 * Takes what a writing check changed in its layer over into the workspace, as if the model had edited it: one policy, one journal.
 * Too much is not taken at all; what policy or the workspace refuses is left out, with a note; ignored and installed files are no content.
 */
export async function takeChanges(
  deps: { workspace: Workspace; decide(access: "write", path: string): PolicyDecision },
  changes: readonly LayerChange[] | undefined,
): Promise<{ changed: string[]; notes: string[] }> {
  if (!changes) return { changed: [], notes: [] };
  const { workspace } = deps;
  const tracked = new Set(await workspace.list());
  const ignored = await readIgnoreRules(workspace, tracked);
  const content = changes.filter(({ path }) => tracked.has(path) || !ignored(path));
  const bytes = content.reduce(
    (sum, change) => sum + (change.kind === "write" ? change.content.length : 0),
    0,
  );
  if (content.length > mostFiles || bytes > mostBytes) {
    return {
      changed: [],
      notes: [`It changed ${content.length} files (${bytes} bytes), which is too much; nothing was taken.`],
    };
  }
  const changed: string[] = [];
  const notes: string[] = [];
  for (const change of content) {
    try {
      if (await take(deps, tracked, change)) changed.push(change.path);
    } catch (error) {
      if (!(error instanceof PathRefused)) throw error;
      notes.push(`Not taken: ${error.message}`);
    }
  }
  const rest = notes.length - mostNotes;
  return {
    changed,
    notes: rest > 0 ? [...notes.slice(0, mostNotes), `${rest} more were not taken.`] : notes,
  };
}

async function take(
  { workspace, decide }: { workspace: Workspace; decide(access: "write", path: string): PolicyDecision },
  tracked: ReadonlySet<string>,
  change: LayerChange,
): Promise<boolean> {
  const path = relativePath(change.path);
  if (change.kind === "delete" && !tracked.has(path)) return false;
  const decision = decide("write", path);
  if (decision.verdict !== "allow") throw new PathRefused(`${path}: ${decision.reason}`);
  if (change.kind === "delete") {
    await workspace.remove(path);
    return true;
  }
  if (change.content.length > mostBytesOfFile)
    throw new PathRefused(`${path} has ${change.content.length} bytes.`);
  await workspace.write(path, change.content, { mode: change.executable ? "100755" : "100644" });
  return true;
}
