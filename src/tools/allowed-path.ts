import { relativePath } from "../workspace/relative-path.ts";
import { PathRefused } from "../workspace/workspace.ts";
import type { ToolContext } from "./tool.ts";

/**
 * The path in its one spelling, when policy lets the model touch it; else throws `PathRefused` with a sentence for the model.
 * Spelling comes first: policy must never be asked about `./.github/workflows/x` and the disk about `.github/workflows/x`.
 */
export function allowedPath(context: ToolContext, access: "read" | "write", asked: string): string {
  const path = spelt(context, access, asked);
  const decision = context.decide(access, path);
  if (decision.verdict === "allow") return path;
  const verb = access === "read" ? "read" : "changed";
  if (decision.verdict === "deny") throw new PathRefused(`${path} may not be ${verb}: ${decision.reason}`);
  throw new PathRefused(
    `${path} may only be ${verb} after a person has approved it: ${decision.reason} Leave it, and say in your summary what is needed.`,
  );
}

/** A directory to look into: the root when nothing is given. */
export function folderPath(context: ToolContext, asked: string | null): string {
  return asked === null || /^(\.?\/?)$/.test(asked) ? "" : spelt(context, "read", asked);
}

/** A path that leads elsewhere, or into Git's own directory, is refused before any rule is asked; the audit trail shows that it was tried. */
function spelt(context: ToolContext, access: "read" | "write", asked: string): string {
  try {
    return relativePath(asked);
  } catch (error) {
    if (error instanceof PathRefused) context.refuse(access, asked, error.message);
    throw error;
  }
}
