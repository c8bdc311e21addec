import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { dumpRedis } from "../support/redis-dump.ts";
import { job, workflow } from "../support/repository.ts";
import { call, writeScript } from "../support/script.ts";
import { useStage } from "../support/stage.ts";
import type { Story } from "../support/story.ts";
import { mendStep, mendsTheSum } from "../support/tally.ts";
import { openWire, type Wire } from "../support/wire.ts";

let wire: Wire;

// Processes of their own, so that what is looked at are their true logs; everything that leaves them goes over the wire.
const stage = useStage({
  workers: 0,
  env: async (ground) => {
    wire = await openWire(ground.forge.url);
    ground.onClose(() => wire.stop());
    return { GITHUB_API_URL: `${wire.url}/api/v3`, LOG_LEVEL: "trace" };
  },
});

/** Looks like a token of somebody, and is none of ours. */
const planted = `ghp_${"Ab1".repeat(12)}`;
const shown = "[redacted: GitHub token]";

/** Prints whatever it can lay hands on. */
const chatty = `import { test } from "node:test";
import { existsSync, readFileSync } from "node:fs";
test("talks", () => {
  console.log("ghp_" + "Ab1".repeat(12), JSON.stringify(process.env), process.argv.join(" "));
  for (const file of ["/proc/1/environ", "/proc/self/environ", ".git/config", "/root/.gitconfig"]) {
    try { if (existsSync(file)) console.log(readFileSync(file, "utf8")); } catch {}
  }
});
`;

describe("a run whose tests and model talk too much", () => {
  let story: Story;
  let secrets: string[];

  beforeAll(async () => {
    const inVain = [[call.create("NOTES.md", "Nothing.\n", "test"), call.finish(`Noted with ${planted}!`)]];
    const failing = job("node test.js", `echo "Error: cannot log in with ${planted}" && exit 1`);
    const { OPENAI_API_KEY: key = "", WEBHOOK_SECRET: hook = "", PRIVATE_KEY: pem = "" } = stage().env;
    story = await startedStory({
      files: {
        "test/chatty.test.js": chatty,
        ".github/workflows/ci.yml": workflow("push", { test: failing }),
      },
      script: writeScript({
        goal: `Log in with ${planted}!`,
        steps: [{ ...mendStep, attempts: [mendsTheSum] }],
        first: [[call.read("test/chatty.test.js")]],
        repairs: [inVain],
      }),
    });
    const body = { error: { message: `Incorrect API key provided: ${key}`, code: "forbidden" } };
    story.model.failNext({ status: 403, body });
    const issue = await story.askForFix();
    const asked = await story.rest(issue);
    await story.comment(issue, `/agent retry The token is ${planted}`);
    await story.rest(issue, asked);
    const lines = pem.split("\n").filter((line) => line.length > 30 && !line.startsWith("-"));
    secrets = [hook, key, ...wire.credentials, ...lines];
  });

  async function startedStory(options: Parameters<ReturnType<typeof stage>["story"]>[0]): Promise<Story> {
    stage().startWorkerProcess();
    return stage().story(options);
  }

  /** Places in which one of our secrets stands, in any form in which it could travel. */
  function leaks(texts: readonly { key: string; text: string }[]): string[] {
    const forms = secrets.flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("base64").replace(/=+$/, ""),
      Buffer.from(secret).toString("hex"),
    ]);
    return texts.filter(({ text }) => forms.some((form) => text.includes(form))).map(({ key }) => key);
  }

  test("has secrets to lose", async () => {
    expect(secrets.filter((secret) => secret.length < 20)).toEqual([]);
    expect([...wire.credentials].filter((secret) => secret.startsWith("ghs_")).length).toBeGreaterThan(1);
    expect(wire.outbound.some(({ line }) => line.includes("git-upload-pack"))).toBe(true);
    const run = await story.run(1);
    expect(run).toMatchObject({ status: "awaiting_person", asked: { reason: "ci_red" } });
  });

  test("sends none of them to GitHub or to the model", () => {
    const toGithub = wire.outbound.map(({ line, body }) => ({ key: line, text: `${line}\n${body}` }));
    const toModel = story.model.requests.map(({ place, raw }) => ({
      key: `model ${place?.phase}`,
      text: raw,
    }));
    expect(leaks([...toGithub, ...toModel])).toEqual([]);
  });

  test("writes none of them to a log", async () => {
    const worker = await stage().processLog();
    expect(worker).toContain('"level":20');
    const web = stage().log.join("");
    expect(
      leaks([
        { key: "worker", text: worker },
        { key: "web", text: web },
      ]),
    ).toEqual([]);
  });

  test("keeps none of them in an event, a blob, a job or anything else in Redis", async () => {
    const kept = await dumpRedis(stage().redisUrl, stage().blobs);
    expect(kept.some(({ key }) => key.includes(":blob:"))).toBe(true);
    expect(leaks(kept)).toEqual([]);
  });

  test("leaves none of them in a file", async () => {
    const { config } = stage();
    const files = await Promise.all([config.dataDir, config.cacheDir].map(filesIn));
    expect(files.flat().some(({ key }) => key.includes("/repositories/"))).toBe(true);
    expect(leaks(files.flat())).toEqual([]);
  });

  test("shows nobody what looks like a token of somebody else", () => {
    const { pulls, checkRuns } = story.seen();
    const said = [
      ...[1, 2]
        .flatMap((number) => story.comments(number))
        .filter(({ author }) => author === "fixpoint[bot]"),
      ...pulls,
      ...checkRuns.filter((check) => check.app === "ours").map(({ output }) => ({ body: output.summary })),
    ].map(({ body }) => body ?? "");
    expect(said.filter((body) => body.includes(planted))).toEqual([]);
    expect(pulls[0]?.body).toContain(`Log in with ${shown}!`);
    expect(pulls[0]?.body).toContain(`Noted with ${shown}!`);
    expect(story.comments(1).at(-1)?.body).toContain(`Error: cannot log in with ${shown}`);
  });
});

async function filesIn(directory: string): Promise<{ key: string; text: string }[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const key = join(entry.parentPath, entry.name);
      return { key, text: await readFile(key, "latin1") };
    }),
  );
}
