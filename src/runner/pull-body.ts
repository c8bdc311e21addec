import { renderPullBody } from "../report/pull-request.ts";
import { groundOf } from "../run/ground.ts";
import type { Turn } from "./turn.ts";

/** Where GitHub looks for a pull request template (docs: "Creating a pull request template for your repository"). */
const TEMPLATES = [
  ".github/pull_request_template.md",
  ".github/PULL_REQUEST_TEMPLATE.md",
  "pull_request_template.md",
  "PULL_REQUEST_TEMPLATE.md",
  "docs/pull_request_template.md",
  "docs/PULL_REQUEST_TEMPLATE.md",
];

/** The pull request's text as the run stands now, with the repository's own template from the base commit. */
export async function pullBody(turn: Turn): Promise<string> {
  return renderPullBody(turn.run(), { template: await templateOf(turn), sandbox: turn.deps.sandboxName });
}

async function templateOf(turn: Turn): Promise<string | null> {
  const ground = groundOf(turn.run());
  if (!ground) return null;
  const workspace = await turn.workspace(ground);
  const present = new Set(await workspace.list());
  const path = TEMPLATES.find((each) => present.has(each));
  const file = path ? await workspace.read(path).catch(() => null) : null;
  return file ? new TextDecoder().decode(file.bytes) : null;
}
