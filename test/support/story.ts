import { isAtRest } from "../../demo/carry-out.ts";
import type { DeliveryRecord } from "../../demo/forge/delivery-log.ts";
import type { InstallOptions, RepositoryHandle } from "../../demo/forge/forge.ts";
import type { RepositorySnapshot } from "../../demo/forge/inspect.ts";
import type { Person } from "../../demo/forge/person.ts";
import type { Script } from "../../demo/model/script.ts";
import type { ScriptedModel } from "../../demo/model/server.ts";
import { describeEvent } from "../../src/report/audit-trail.ts";
import { renderNotice } from "../../src/report/notice.ts";
import type { RunEvent } from "../../src/run/events.ts";
import { foldRun } from "../../src/run/evolve.ts";
import type { Run } from "../../src/run/run.ts";
import { type Files, withFiles } from "./repository.ts";
import type { Stage } from "./stage.ts";
import { mendTally, tally, tallyIssue } from "./tally.ts";
import { until } from "./until.ts";

export interface StoryOptions {
  /** on top of the tally's files; null leaves one out */
  files?: Readonly<Record<string, string | null>>;
  script?: Script;
  /** roles of people and bots in the repository; robin is an admin */
  collaborators?: Readonly<Record<string, "admin" | "maintain" | "write" | "triage" | "read">>;
  permissions?: InstallOptions["permissions"];
}

/** One repository in which a story happens: nothing else happens in it. */
export interface Story {
  repository: RepositoryHandle;
  model: ScriptedModel;
  /** who asks */
  robin: Person;
  /** opens the issue and labels it; returns its number */
  askForFix(issue?: { title: string; body: string }): Promise<number>;
  comment(number: number, body: string): Promise<number>;
  /** newest run of the issue, as it is now; null when there is none */
  run(issue: number): Promise<Run | null>;
  events(issue: number): Promise<readonly RunEvent[]>;
  /** waits until the newest run is so */
  runWhen(issue: number, what: string, holds: (run: Run) => boolean): Promise<Run>;
  /** waits until the run rests, has told so and all is quiet: a result, a question or an end; another one than that of `former` */
  rest(issue: number, former?: Run): Promise<Run>;
  /** waits until every delivery is answered, CI is done and no job of this story is left: nothing more happens by itself, apart from polls */
  quiet(): Promise<void>;
  /** webhooks about this repository, of this event if one is named */
  deliveries(event?: string): readonly DeliveryRecord[];
  /** that logs were read before: Redis was emptied, and they begin anew */
  forget(): void;
  seen(): RepositorySnapshot;
  /** comments on an issue or a pull request, without our hidden marks */
  comments(number: number): readonly { author: string; body: string }[];
  file(ref: string, path: string): Promise<string>;
}

let stories = 0;

export async function createStory(stage: Stage, options: StoryOptions): Promise<Story> {
  const { forge, journal } = stage;
  stories += 1;
  const owner = `acme-${stories}`;
  const repository = await withFiles(filesOf(options), (from) =>
    forge.createRepository({
      owner,
      name: "tally",
      from,
      collaborators: { robin: "admin", ...options.collaborators },
    }),
  );
  const model = await stage.desk.seat(repository.fullName, options.script ?? mendTally);
  forge.install(owner, options.permissions ? { permissions: options.permissions } : {});
  const robin = forge.as("robin");
  const { name } = repository;
  const seen = () => forge.inspect(owner, name);
  await until("the label is there", async () => (seen().labels.length > 0 ? true : null));

  const logs = new Map<string, RunEvent[]>();
  // A log only grows, so what was read and verified before is not read again.
  const events = async (issue: number) => {
    const id = await journal.runOfIssue(repository.id, issue);
    if (id === null) return [];
    const known = logs.get(id) ?? [];
    const all = [...known, ...(await journal.read(id, known.at(-1)?.seq ?? 0))];
    if (all.length >= (logs.get(id)?.length ?? 0)) logs.set(id, all);
    return all;
  };
  const run = async (issue: number) => {
    const all = await events(issue);
    return all.length === 0 ? null : foldRun(all);
  };
  const runWhen: Story["runWhen"] = (issue, what, holds) =>
    until(
      what,
      async () => {
        const now = await run(issue);
        return now && holds(now) ? now : null;
      },
      { describe: async () => describeRun(await events(issue), stage.log) },
    );

  return {
    repository,
    model,
    forget: () => logs.clear(),
    robin,
    async askForFix(issue = tallyIssue) {
      const number = await robin.openIssue(owner, name, issue);
      await robin.label(owner, name, number, "agent-fix");
      return number;
    },
    comment: (number, body) => robin.comment(owner, name, number, body),
    run,
    events,
    runWhen,
    rest: async (issue, former) => {
      const before = former && newsOf(former);
      const rested = await runWhen(issue, "the run rests", (now) => isAtRest(now) && newsOf(now) !== before);
      await quiet(stage, repository.id, seen);
      return (await run(issue)) ?? rested;
    },
    quiet: () => quiet(stage, repository.id, seen),
    deliveries: (event) =>
      forge.deliveries.filter(
        (delivery) =>
          delivery.repositoryId === repository.id && (event === undefined || delivery.event === event),
      ),
    seen,
    comments: (number) => {
      const found = seen().issues.find((issue) => issue.number === number);
      return (found?.comments ?? []).map(({ author, body }) => ({ author, body: withoutMark(body) }));
    },
    file: async (ref, path) => {
      const answer = await robin.request("GET", `/repos/${owner}/${name}/contents/${path}?ref=${ref}`);
      const { content } = answer as { content: string };
      return Buffer.from(content, "base64").toString("utf8");
    },
  };
}

async function quiet(stage: Stage, repositoryId: number, seen: Story["seen"]): Promise<void> {
  let calm = 0;
  // Three times in a row: a job that ends may be about to add another one.
  await until("everything is quiet", async () => {
    const owed = stage.forge.deliveries.some(
      (delivery) => delivery.repositoryId === repositoryId && delivery.status === "pending",
    );
    const ours = new RegExp(`run_${repositoryId}_|"(id|repositoryId)":${repositoryId}\\b`);
    const working = owed || (await stage.jobs()).some((data) => ours.test(data));
    // Asked last: a snapshot of the forge is the dearest of the three.
    const busy =
      working || seen().workflowRuns.some(({ status }) => status === "in_progress" || status === "queued");
    calm = busy ? 0 : calm + 1;
    return calm >= 3 ? true : null;
  });
}

function filesOf({ files = {} }: StoryOptions): Files {
  const all = Object.entries({ ...tally, ...files });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Which rest this is: two questions of one run are told apart by their times. */
function newsOf(run: Run): string {
  return `${run.id} ${renderNotice(run)?.key ?? run.status}`;
}

/** Our comments end in a hidden mark, which differs from run to run. */
function withoutMark(body: string): string {
  return body.replace(/\s*<!--[\s\S]*?-->\s*$/, "");
}

function describeRun(events: readonly RunEvent[], log: readonly string[]): string {
  const trail = events.map((event) => `${event.seq} ${event.kind} ${describeEvent(event)}`);
  const loud = log.filter((line) => /"level":(40|50|60)/.test(line)).slice(-10);
  return `Its events:\n${trail.join("\n")}\nThe log:\n${loud.join("")}`;
}
