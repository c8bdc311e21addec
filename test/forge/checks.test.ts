import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitByApi, refusalOf, type Stage, setStage } from "./support/forge.ts";

describe("check runs and statuses", () => {
  let stage: Stage;
  let sha: string;
  const checks = () => stage.octokit.rest.checks;
  beforeAll(async () => {
    stage = await setStage();
    sha = await commitByApi(stage, "agent/x", { "a.txt": "x\n" });
  });
  afterAll(() => stage.stop());

  it("opens a suite of our own at every push, which stays queued until we report", async () => {
    const { data } = await checks().listSuitesForRef({ ...stage.repo, ref: sha });
    expect(
      data.check_suites.map((one) => [one.app?.id, one.status, one.conclusion, one.latest_check_runs_count]),
    ).toEqual([[stage.forge.app.id, "queued", null, 0]]);
  });

  it("keeps a check run with its external id, output, annotations and buttons", async () => {
    const { data } = await checks().create({
      ...stage.repo,
      name: "Fixpoint",
      head_sha: sha,
      external_id: "run_1:check",
      status: "in_progress",
      output: {
        title: "Working",
        summary: "Step 1",
        annotations: [
          { path: "a.txt", start_line: 1, end_line: 1, annotation_level: "notice", message: "here" },
        ],
      },
      actions: [{ label: "Stop", description: "Stop this run", identifier: "stop" }],
    });
    expect(data).toMatchObject({
      external_id: "run_1:check",
      status: "in_progress",
      conclusion: null,
      app: { id: stage.forge.app.id },
      output: { title: "Working", annotations_count: 1 },
    });
    const update = { ...stage.repo, check_run_id: data.id, conclusion: "success" as const };
    const more = [
      {
        path: "a.txt",
        start_line: 2,
        end_line: 2,
        annotation_level: "warning" as const,
        message: "and here",
      },
    ];
    const done = await checks().update({
      ...update,
      output: { title: "Done", summary: "All", annotations: more },
    });
    expect([done.data.status, done.data.conclusion]).toEqual(["completed", "success"]);
    const annotations = await checks().listAnnotations({ ...stage.repo, check_run_id: data.id });
    expect(annotations.data.map((one) => one.message)).toEqual(["here", "and here"]);
    await stage.forge.settled();
    expect(stage.events().filter((event) => event.startsWith("check_"))).toEqual([
      "check_suite.requested",
      "check_run.created",
      "check_run.completed",
      "check_suite.completed",
    ]);
  });

  it("tells the app which button a person pressed", async () => {
    const [run] = stage.forge.inspect("acme", "lib").checkRuns;
    await stage.forge.as("robin").requestAction("acme", "lib", run?.id ?? 0, "stop");
    expect(
      await refusalOf(stage.forge.as("robin").requestAction("acme", "lib", run?.id ?? 0, "fly")),
    ).toMatchObject({ status: 404 });
    expect(
      await refusalOf(stage.forge.as("eve").requestAction("acme", "lib", run?.id ?? 0, "stop")),
    ).toMatchObject({ status: 403 });
    await stage.forge.as("robin").rerequestCheckRun("acme", "lib", run?.id ?? 0);
    await stage.forge.settled();
    const told = stage.hooks.filter((hook) => hook.headers["x-github-event"] === "check_run").slice(-2);
    expect(
      told.map((hook) => [
        hook.payload["action"],
        hook.payload["requested_action"],
        (hook.payload["sender"] as { login: string }).login,
      ]),
    ).toEqual([
      ["requested_action", { identifier: "stop" }, "robin"],
      ["rerequested", undefined, "robin"],
    ]);
  });

  it("holds the limits of GitHub", async () => {
    const create = (body: object) =>
      refusalOf(checks().create({ ...stage.repo, name: "x", head_sha: sha, ...body } as never));
    const action = { label: "L", description: "D", identifier: "i" };
    const results = [
      await create({ actions: [{ ...action, label: "x".repeat(21) }] }),
      await create({ actions: [action, action, action, action] }),
      await create({ output: { title: "t", summary: "x".repeat(65_536) } }),
      await create({ status: "completed" }),
      await create({ head_sha: "1".repeat(40) }),
    ];
    expect(results.map((one) => one.status)).toEqual([422, 422, 422, 422, 422]);
    expect(results.at(0)?.message).toBe(
      "Invalid request.\n\nOnly 20 characters are allowed; 21 were supplied.",
    );
    expect(results.at(4)?.message).toBe(`No commit found for SHA: ${"1".repeat(40)}`);
  });

  it("shows the newest run of a name unless all are asked for", async () => {
    await checks().create({ ...stage.repo, name: "Fixpoint", head_sha: sha, conclusion: "failure" });
    const list = async (filter: "latest" | "all") =>
      (
        await checks().listForRef({
          ...stage.repo,
          ref: sha,
          filter,
          check_name: "Fixpoint",
          app_id: stage.forge.app.id,
        })
      ).data.check_runs.map((one) => one.conclusion);
    expect([await list("latest"), await list("all")]).toEqual([["failure"], ["failure", "success"]]);
  });

  it("combines statuses: pending without any, and the newest of each context", async () => {
    const combined = async () =>
      (await stage.octokit.rest.repos.getCombinedStatusForRef({ ...stage.repo, ref: sha })).data.state;
    const robin = stage.octokitWith(stage.forge.as("robin").token);
    const seen = [await combined()];
    for (const state of ["pending", "failure", "success"] as const) {
      await robin.rest.repos.createCommitStatus({ ...stage.repo, sha, state, context: "ci/ext" });
      seen.push(await combined());
    }
    expect(seen).toEqual(["pending", "pending", "failure", "success"]);
    await stage.forge.settled();
    expect(stage.events().filter((event) => event === "status")).toHaveLength(3);
  });
});
