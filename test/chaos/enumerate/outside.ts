import { createMemoryStore } from "../../../demo/forge/git/memory-store.ts";
import type { ObjectStore } from "../../../demo/forge/git/object-store.ts";
import type { Run } from "../../../src/run/run.ts";
import { type Clock, createClock } from "../clock.ts";
import { copyGithubData, createGithubData, type GithubData } from "../ports/github-data.ts";
import { copyJobs, type Jobs, noJobs } from "../ports/jobs.ts";
import { createMemoryGithub, type MemoryGithub } from "../ports/memory-github.ts";
import { scriptedCi } from "../ports/scripted-ci.ts";
import type { ModelCall } from "../ports/scripted-model.ts";
import { copyShelf, emptyShelf, type Shelf } from "../ports/shelf.ts";
import { ciStartsAfterMs, createNature, type Nature, type Planned } from "./nature.ts";
import { type RunWatch, watchRun } from "./run-watch.ts";
import type { Setting } from "./setting.ts";
import { arrivals } from "./storm.ts";
import { files } from "./story.ts";

/** One call that left a process. */
export interface Boundary {
  n: number;
  process: string;
  port: string;
  what: string;
  /** ms since the story began */
  at: number;
  /** where the run stood, `none` before there was one */
  status: Run["status"] | "none";
}

/** One write that GitHub took, with what was known when it was sent. */
export interface Write {
  process: string;
  method: string;
  path: string;
  body: string;
  status: number;
  at: number;
  /** token of the lease on the run, as the store knew it when the call was sent */
  holder: string | null;
  /** length of the run's log when the call was sent */
  logged: number;
}

interface Death {
  process: string;
  /** the call at which it died, stood still or was told to end */
  n: number;
  at: number;
}

/** What outlives every process, as plain data: a moment of the story, from which it can go on any number of times. */
export interface Moment {
  now: number;
  shelf: Shelf;
  jobs: Jobs;
  data: GithubData;
  agenda: ReadonlySet<Planned>;
  bill: readonly ModelCall[];
  writes: readonly Write[];
  deaths: readonly Death[];
  trace: readonly Boundary[];
  watched: RunWatch;
}

/** GitHub, what Redis holds, people, the provider's bill, and the record of what happened. */
export interface Outside {
  setting: Setting;
  clock: Clock;
  shelf: Shelf;
  jobs: Jobs;
  data: GithubData;
  github: MemoryGithub;
  nature: Nature;
  agenda: Set<Planned>;
  bill: ModelCall[];
  writes: Write[];
  deaths: Death[];
  trace: Boundary[];
  /** the run as its log has it now; null before there is one */
  run(): Run | null;
  /** the repository's objects as a fetch gives them, in a store of its own */
  fetch(): ObjectStore;
  moment(): Moment;
}

/** Any moment will do; it is always the same one. */
const beginning = Date.UTC(2026, 0, 5, 9, 0, 0);

/** The outside at the beginning of the story or as it was at a later moment. `send` hands a delivery to whoever is there. */
export function createOutside(
  setting: Setting,
  from: Moment | null,
  send: (guid: string, attempt: number) => boolean,
): Outside {
  const clock = createClock(beginning, from?.now);
  const now = () => new Date(clock.now());
  const data = from ? copyGithubData(from.data) : createGithubData(files, now);
  const shelf = from ? copyShelf(from.shelf, clock.now) : emptyShelf(clock.now);
  const watch = watchRun(shelf, from?.watched);
  const github = createMemoryGithub(data, {
    now,
    workflows: scriptedCi((head) => outside.nature.plan(ciStartsAfterMs, { do: "begin_ci", ...head })),
    onDelivery: ({ guid }) => {
      const times = arrivals(setting.storm, data.deliveries.length, clock.monotonic());
      for (const ms of times) outside.nature.plan(ms, { do: "deliver", guid });
    },
    onHappening: (happening) => outside.nature.notice(happening),
  });
  const outside: Outside = {
    setting,
    clock,
    shelf,
    jobs: from ? copyJobs(from.jobs, clock.now) : noJobs(clock.now),
    data,
    github,
    get nature() {
      return nature;
    },
    agenda: new Set(from?.agenda),
    bill: [...(from?.bill ?? [])],
    writes: [...(from?.writes ?? [])],
    deaths: [...(from?.deaths ?? [])],
    trace: [...(from?.trace ?? [])],
    run: watch.run,
    fetch: () => createMemoryStore({ objects: new Map(data.store.objects), refs: new Map() }),
    moment: () => ({
      now: clock.now(),
      shelf: copyShelf(shelf, clock.now),
      jobs: copyJobs(outside.jobs, clock.now),
      data: copyGithubData(data),
      agenda: new Set(outside.agenda),
      bill: [...outside.bill],
      writes: [...outside.writes],
      deaths: [...outside.deaths],
      trace: [...outside.trace],
      watched: watch.watched(),
    }),
  };
  const nature = createNature(outside, send);
  return outside;
}
