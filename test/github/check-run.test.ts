import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { annotateCheckRun } from "../../src/github/annotations.ts";
import { ensureCheckRun, updateCheckRun } from "../../src/github/check-run.ts";
import { API, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const SHA = "c".repeat(40);
const url = "https://github.com/acme/shop/runs/61";
const wish = {
  opKey: "check",
  sha: SHA,
  externalId: "run_77_7_1:ccc",
  conclusion: "in_progress" as const,
  title: "Working",
  summary: "Step 2 of 5",
};
const pending = () => nock.pendingMocks().filter((mock) => mock.includes("/check-runs"));

function onList(runs: object[]): void {
  nock(API)
    .get(`${REPO}/commits/${SHA}/check-runs`)
    .query({ check_name: "Fixpoint", app_id: 9, filter: "all", page: 1, per_page: 100 })
    .reply(200, { total_count: runs.length, check_runs: runs });
}

describe("ensureCheckRun", () => {
  it("creates one with its identity, within GitHub's sizes", async () => {
    const { repository } = newRepository();
    const bodies: Record<string, unknown>[] = [];
    onList([]);
    nock(API)
      .post(`${REPO}/check-runs`, (body: Record<string, unknown>) => bodies.push(body) > 0)
      .reply(201, { id: 61, html_url: url });
    const receipt = await ensureCheckRun(repository, newRecord().record, {
      ...wish,
      title: "t".repeat(300),
      summary: "s".repeat(70_000),
      actions: [
        { label: "l".repeat(30), description: "d".repeat(60), identifier: "i".repeat(30) },
        ...Array.from({ length: 4 }, () => ({ label: "a", description: "b", identifier: "c" })),
      ],
    });
    expect(receipt).toEqual({ checkRunId: 61, url });
    const { output, actions, ...rest } = bodies[0] as {
      output: { title: string; summary: string };
      actions: object[];
    };
    expect(rest).toEqual({
      name: "Fixpoint",
      head_sha: SHA,
      external_id: "run_77_7_1:ccc",
      status: "in_progress",
    });
    expect([output.title.length, output.summary.length <= 65_535, actions.length]).toEqual([255, true, 3]);
    expect(actions[0]).toEqual({
      label: "l".repeat(20),
      description: "d".repeat(40),
      identifier: "i".repeat(20),
    });
  });

  it("adopts its own after a lost answer, never another run's or another App's", async () => {
    const { repository, slept } = newRepository();
    onList([]);
    nock(API).post(`${REPO}/check-runs`).reply(502);
    onList([
      { id: 50, external_id: "run_77_7_1:ccc", app: { id: 10 }, html_url: "foreign" },
      { id: 51, external_id: "run_77_7_0:ccc", app: { id: 9 }, html_url: "former run" },
      { id: 62, external_id: "run_77_7_1:ccc", app: { id: 9 }, html_url: "twin" },
      { id: 61, external_id: "run_77_7_1:ccc", app: { id: 9 }, html_url: url },
    ]);
    expect(await ensureCheckRun(repository, newRecord().record, wish)).toEqual({ checkRunId: 61, url });
    expect([slept, pending()]).toEqual([[15_000], []]);
  });
});

describe("updateCheckRun", () => {
  const update = {
    opKey: "check:2",
    checkRunId: 61,
    conclusion: "success" as const,
    title: "Done",
    summary: "All green",
  };
  const onGet = (more: object) =>
    nock(API)
      .get(`${REPO}/check-runs/61`)
      .reply(200, {
        id: 61,
        status: "completed",
        conclusion: "success",
        output: { title: "Done", summary: "All green" },
        ...more,
      });

  it("sends the new face by id, and nothing when it is shown already", async () => {
    const { repository } = newRepository();
    onGet({});
    expect(await updateCheckRun(repository, newRecord().record, update)).toEqual({
      checkRunId: 61,
      updated: true,
    });

    onGet({ status: "in_progress", conclusion: null });
    nock(API)
      .patch(`${REPO}/check-runs/61`, {
        status: "completed",
        conclusion: "success",
        output: { title: "Done", summary: "All green" },
      })
      .reply(200, { id: 61 });
    expect(await updateCheckRun(repository, newRecord().record, update)).toEqual({
      checkRunId: 61,
      updated: true,
    });
    expect(pending()).toEqual([]);
  });
});

describe("annotateCheckRun", () => {
  const note = (line: number) => ({
    path: "src/sum.js",
    start_line: line,
    end_line: line,
    annotation_level: "failure" as const,
    message: "1 !== 2",
  });
  const marks = {
    opKey: "annotations",
    checkRunId: 61,
    conclusion: "in_progress" as const,
    title: "CI failed",
    summary: "A repair is on its way",
    annotations: Array.from({ length: 60 }, (_, line) => note(line + 1)),
  };
  const done = { checkRunId: 61, annotated: true };
  const onMarks = (annotations_count: number) =>
    nock(API).get(`${REPO}/check-runs/61`).reply(200, { id: 61, output: { annotations_count } });

  it("marks fifty lines at most, with the face that the check run shows", async () => {
    const { repository } = newRepository();
    onMarks(0);
    nock(API)
      .patch(`${REPO}/check-runs/61`, {
        status: "in_progress",
        output: {
          title: "CI failed",
          summary: "A repair is on its way",
          annotations: marks.annotations.slice(0, 50),
        },
      })
      .reply(200, { id: 61 });
    expect(await annotateCheckRun(repository, newRecord().record, marks)).toEqual(done);
    expect(pending()).toEqual([]);
  });

  it("adds nothing twice when the answer was lost", async () => {
    const { repository } = newRepository();
    onMarks(0);
    nock(API).patch(`${REPO}/check-runs/61`).reply(502);
    onMarks(50);
    expect(await annotateCheckRun(repository, newRecord().record, marks)).toEqual(done);
    expect(pending()).toEqual([]);
  });
});
