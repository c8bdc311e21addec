import { type Hook, setStage, WORKFLOW } from "../../forge/support/forge.ts";
import { tellOfApps } from "./apps.ts";
import { tellOfChecks } from "./checks.ts";
import { tellOfGit } from "./git.ts";
import { tellOfIssues } from "./issues.ts";
import { tellOfPulls } from "./pulls.ts";

export type Answered = { method: string; path: string; status: number; body: unknown };

/** Walks the forge through everything that it can do, and gives back all answers and all webhooks that came of it. */
export async function tellStory(): Promise<{ answers: Answered[]; hooks: Hook[] }> {
  const answers: Answered[] = [];
  const recording: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const { pathname } = new URL(String(input));
    const text = await answer.clone().text();
    const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
    answers.push({
      method: init?.method ?? "GET",
      path: pathname.replace(/^\/api\/v3/, ""),
      status: answer.status,
      body: isJson ? (JSON.parse(text) as unknown) : null,
    });
    return answer;
  };
  const stage = await setStage({
    fetch: recording,
    files: { "a.txt": "one\ntwo\nthree\n", "docs/b.txt": "b\n", ".github/workflows/ci.yml": WORKFLOW },
  });
  try {
    await tellOfGit(stage);
    await tellOfIssues(stage);
    await tellOfPulls(stage);
    await tellOfChecks(stage);
    await tellOfApps(stage);
    await stage.forge.settled();
  } finally {
    await stage.stop();
  }
  return { answers, hooks: stage.hooks };
}
