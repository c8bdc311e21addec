import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { commitByApi, type Stage, type StageOptions, setStage } from "./support/forge.ts";

let stage: Stage;
afterEach(() => stage.stop());

/** Pushes to a branch of a repository with this workflow, and waits until everything has run. */
async function push(workflow: string, options: StageOptions = {}, files: Record<string, string> = {}) {
  stage = await setStage({
    ...options,
    files: { "a.txt": "a\n", ...files, ".github/workflows/ci.yml": workflow },
  });
  const sha = await commitByApi(stage, "work", { "a.txt": "b\n" });
  await stage.forge.settled();
  return { sha, runs: () => stage.forge.inspect("acme", "lib").workflowRuns };
}

const ends = (run: { jobs: { name: string; conclusion: string | null }[] } | undefined) =>
  Object.fromEntries((run?.jobs ?? []).map((job) => [job.name, job.conclusion]));

const job = (steps: string, more = "") =>
  `on: push\njobs:\n  only:\n    runs-on: ubuntu-latest\n${more}    steps:\n      - uses: actions/checkout@v5\n${steps}`;

describe("the runner of workflows", () => {
  it("runs jobs by their needs, with matrices, conditions and outputs", async () => {
    const { runs } = await push(`name: CI
on: {push: {branches-ignore: [main]}}
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: {version: "\${{ steps.v.outputs.version }}"}
    steps:
      - id: v
        run: echo "version=1.2" >> "$GITHUB_OUTPUT"
  test:
    needs: build
    name: test on \${{ matrix.n }}
    runs-on: ubuntu-latest
    strategy: {fail-fast: false, matrix: {n: [1, 2]}}
    env: {V: "\${{ needs.build.outputs.version }}"}
    steps:
      - run: test "$V" = 1.2
      - run: test \${{ matrix.n }} = 1
  after:
    needs: [build, test]
    runs-on: ubuntu-latest
    steps: [{run: "true"}]
  report:
    needs: [test]
    if: always()
    runs-on: ubuntu-latest
    steps: [{run: "test \${{ needs.test.result }} = failure"}]
  pull:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    steps: [{run: "false"}]
`);
    const [run] = runs();
    expect([run?.event, run?.conclusion, ends(run)]).toEqual([
      "push",
      "failure",
      {
        build: "success",
        "test on 1": "success",
        "test on 2": "failure",
        after: "skipped",
        report: "success",
        pull: "skipped",
      },
    ]);
  });

  it("checks out that very commit, and no .git with it", async () => {
    const { runs } = await push(
      job('      - run: test "$(cat a.txt)" = b && test ! -e .git && test "$GITHUB_REF_NAME" = work\n'),
    );
    expect(runs()[0]?.conclusion).toBe("success");
  });

  it("keeps the log of each job, with commands, output and the exit code", async () => {
    const { runs } = await push(
      job(
        "      - run: |\n          echo to stdout\n          echo to stderr >&2\n          exit 3\n      - run: echo never\n",
      ),
    );
    const [run] = runs();
    const log = run?.jobs[0]?.log.replace(/^\S+ /gm, "") ?? "";
    expect(log).toContain("##[group]Run echo to stdout\n");
    expect(log).toContain("\nto stdout\nto stderr\n##[error]Process completed with exit code 3.\n");
    expect(log).not.toContain("never");
    const { data } = await stage.octokit.rest.actions.downloadJobLogsForWorkflowRun({
      ...stage.repo,
      job_id: run?.jobs[0]?.id ?? 0,
    });
    expect(data).toBe(run?.jobs[0]?.log);
    const jobs = await stage.octokit.rest.actions.listJobsForWorkflowRun({
      ...stage.repo,
      run_id: run?.id ?? 0,
    });
    expect(jobs.data.jobs[0]?.steps?.map((step) => step.conclusion)).toEqual([
      "success",
      "failure",
      "skipped",
    ]);
    const zip = await stage.octokit.rest.actions.downloadWorkflowRunLogs({
      ...stage.repo,
      run_id: run?.id ?? 0,
    });
    expect(
      Buffer.from(zip.data as ArrayBuffer)
        .subarray(0, 2)
        .toString(),
    ).toBe("PK");
  });

  it("shows steps no secret of this process", async () => {
    process.env["FORGE_TEST_SECRET"] = "hunter2";
    process.env["HTTPS_PROXY"] = "http://user:hunter2@proxy";
    const { runs } = await push(job("      - run: env\n"));
    delete process.env["FORGE_TEST_SECRET"];
    delete process.env["HTTPS_PROXY"];
    expect(runs()[0]?.jobs[0]?.log).toContain("CI=true");
    expect(runs()[0]?.jobs[0]?.log).not.toContain("hunter2");
  });

  it("is never green about what it does not know", async () => {
    const { runs } = await push(`on: push
jobs:
  docker: {runs-on: ubuntu-latest, container: node, steps: [{run: "true"}]}
  action: {runs-on: ubuntu-latest, steps: [{uses: some/action@v1}]}
  windows: {runs-on: windows-latest, steps: [{run: "true"}]}
  expression: {runs-on: ubuntu-latest, steps: [{run: "echo \${{ hashFiles('x') }}"}]}
`);
    const [run] = runs();
    expect(ends(run)).toEqual({
      docker: "failure",
      action: "failure",
      windows: "failure",
      expression: "failure",
    });
    expect(run?.jobs.map((one) => one.log.match(/This runner .*/)?.[0])).toEqual([
      'This runner does not know "container" in job "docker".',
      'This runner does not know the action "some/action@v1".',
      'This runner has no machine for "windows-latest".',
      `This runner does not know the function hashFiles() in the expression " hashFiles('x') ".`,
    ]);
  });

  it("shows a broken file as a failed run", async () => {
    const { runs } = await push("on: [push");
    expect([runs()[0]?.conclusion, runs()[0]?.jobs[0]?.log]).toEqual([
      "failure",
      expect.stringContaining("not valid YAML"),
    ]);
  });

  it("forgives a step or a job that may fail", async () => {
    const { runs } = await push(
      job('      - {run: "false", continue-on-error: true}\n      - {run: "true"}\n') +
        "  weak:\n    runs-on: ubuntu-latest\n    continue-on-error: true\n    steps: [{run: 'false'}]\n",
    );
    expect([runs()[0]?.conclusion, ends(runs()[0])]).toEqual([
      "success",
      { only: "success", weak: "failure" },
    ]);
  });

  it("ends a job at its time limit, with everything that it started", async () => {
    const file = path.join((await import("node:os")).tmpdir(), `forge-${process.pid}-${Date.now()}`);
    const { runs } = await push(job(`      - run: (sleep 1; echo late > ${file}) & sleep 60\n`), {
      forge: { jobTimeoutMs: 400 },
    });
    expect(runs()[0]?.conclusion).toBe("timed_out");
    expect(runs()[0]?.jobs[0]?.log).toContain("exceeded its maximum execution time");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  });

  it("lets the caller run the steps elsewhere", async () => {
    const commands: unknown[] = [];
    const { runs } = await push(job("      - {run: make, working-directory: sub}\n"), {
      forge: {
        runIn: async ({ argv, cwd, root }) => {
          commands.push([argv.slice(0, 2), path.relative(root, cwd)]);
          return { exitCode: 0, output: "built\n", ended: "exited" };
        },
      },
    });
    expect([commands, runs()[0]?.conclusion]).toEqual([[[["bash", "-e"], "work/sub"]], "success"]);
  });
});

describe("workflows of pull requests", () => {
  const workflow = `on: {pull_request: {types: [opened, synchronize, ready_for_review]}}
jobs:
  quick: {runs-on: ubuntu-latest, steps: [{uses: actions/checkout@v5}, {run: "test $(cat base.txt) = new"}]}
  full: {if: github.event.pull_request.draft == false, runs-on: ubuntu-latest, steps: [{run: "true"}]}
`;
  const open = async () => {
    stage = await setStage({
      files: { "a.txt": "a\n", "base.txt": "old\n", ".github/workflows/pr.yml": workflow },
    });
    await commitByApi(stage, "work", { "a.txt": "b\n" });
    await stage.forge.as("robin").push("acme", "lib", "main", { "base.txt": "new\n" });
    const { data } = await stage.octokit.rest.pulls.create({
      ...stage.repo,
      head: "work",
      base: "main",
      title: "Work",
      draft: true,
    });
    await stage.forge.settled();
    return data;
  };

  it("test the merge with the base, report on the head, and run again when the draft is ready", async () => {
    const pull = await open();
    await stage.forge.as("robin").readyForReview("acme", "lib", pull.number);
    await stage.forge.settled();
    const runs = stage.forge
      .inspect("acme", "lib")
      .workflowRuns.filter((run) => run.event === "pull_request");
    expect(runs.map((run) => [run.headSha, ends(run)])).toEqual([
      [pull.head.sha, { quick: "success", full: "skipped" }],
      [pull.head.sha, { quick: "success", full: "success" }],
    ]);
  });

  it("do not run for a pull request that conflicts with its base", async () => {
    const pull = await open();
    await stage.forge.as("robin").push("acme", "lib", "main", { "a.txt": "clash\n" });
    await stage.forge.as("robin").push("acme", "lib", "work", { "c.txt": "c\n" });
    await stage.forge.settled();
    const head = stage.forge.inspect("acme", "lib").pulls[0]?.headSha;
    expect(head).not.toBe(pull.head.sha);
    expect(stage.forge.inspect("acme", "lib").workflowRuns.filter((run) => run.headSha === head)).toEqual([]);
  });

  it("do not run for a commit that says [skip ci]", async () => {
    await open();
    const sha = await stage.forge
      .as("robin")
      .push("acme", "lib", "work", { "c.txt": "c\n" }, "docs [skip ci]");
    await stage.forge.settled();
    expect(stage.forge.inspect("acme", "lib").workflowRuns.filter((run) => run.headSha === sha)).toEqual([]);
  });
});

describe("what can happen to a workflow run", () => {
  const two = `name: CI
on: push
jobs:
  good: {runs-on: ubuntu-latest, steps: [{run: "true"}]}
  flaky: {needs: good, runs-on: ubuntu-latest, steps: [{run: "test $GITHUB_RUN_ATTEMPT = 2"}]}
  last: {needs: flaky, runs-on: ubuntu-latest, steps: [{run: "true"}]}
`;
  const silence = { forge: {} };

  it("runs only what failed, and what needs it, again", async () => {
    const { runs, sha } = await push(two, silence);
    const [first] = runs();
    expect([first?.conclusion, ends(first)]).toEqual([
      "failure",
      { good: "success", flaky: "failure", last: "skipped" },
    ]);
    await stage.octokit.rest.actions.reRunWorkflowFailedJobs({ ...stage.repo, run_id: first?.id ?? 0 });
    await stage.forge.settled();
    const [again] = runs();
    expect([again?.attempt, again?.conclusion]).toEqual([2, "success"]);
    const { data } = await stage.octokit.rest.actions.listJobsForWorkflowRun({
      ...stage.repo,
      run_id: first?.id ?? 0,
    });
    expect(data.jobs.map((one) => [one.name, one.conclusion])).toEqual([
      ["good", "success"],
      ["flaky", "success"],
      ["last", "success"],
    ]);
    const checks = await stage.octokit.rest.checks.listForRef({ ...stage.repo, ref: sha });
    expect(checks.data.check_runs.map((run) => run.conclusion)).toEqual(["success", "success", "success"]);
  });

  it("tells of everything in GitHub's order", async () => {
    await push(job("      - run: 'true'\n"));
    const told = stage.events().filter((event) => /^(check_run|check_suite|workflow)/.test(event));
    expect(told).toEqual([
      "check_suite.requested",
      "workflow_run.requested",
      "check_run.created",
      "workflow_job.queued",
      "workflow_run.in_progress",
      "workflow_job.in_progress",
      "check_run.completed",
      "workflow_job.completed",
      "check_suite.completed",
      "workflow_run.completed",
    ]);
  });

  it("can be cancelled while it runs, and while it waits for a machine that never comes", async () => {
    stage = await setStage({
      files: { "a.txt": "a\n", ".github/workflows/ci.yml": job("      - run: sleep 60\n") },
    });
    await commitByApi(stage, "work", { "a.txt": "b\n" });
    const runs = () => stage.forge.inspect("acme", "lib").workflowRuns;
    await expect.poll(() => runs()[0]?.jobs[0]?.status).toBe("in_progress");
    await stage.octokit.rest.actions.cancelWorkflowRun({ ...stage.repo, run_id: runs()[0]?.id ?? 0 });
    await stage.forge.settled();
    expect([runs()[0]?.conclusion, ends(runs()[0])]).toEqual(["cancelled", { only: "cancelled" }]);

    stage.forge.levers.workflows.neverStart();
    await stage.forge.as("robin").push("acme", "lib", "stuck", { "a.txt": "c\n" });
    await stage.forge.settled();
    expect([runs()[1]?.status, runs()[1]?.jobs[0]?.status]).toEqual(["queued", "queued"]);
    await stage.octokit.rest.actions.cancelWorkflowRun({ ...stage.repo, run_id: runs()[1]?.id ?? 0 });
    expect([runs()[1]?.conclusion, ends(runs()[1])]).toEqual(["cancelled", { only: "cancelled" }]);
  });

  it("waits for approval, concludes as told, or is not started at all, when a lever says so", async () => {
    stage = await setStage({
      files: { "a.txt": "a\n", ".github/workflows/ci.yml": `name: CI\n${job("      - run: 'true'\n")}` },
    });
    const runs = () => stage.forge.inspect("acme", "lib").workflowRuns;
    const change = async (branch: string) => {
      await stage.forge.as("robin").push("acme", "lib", branch, { "a.txt": branch });
      await stage.forge.settled();
    };
    stage.forge.levers.workflows.requireApproval({ times: 1 });
    await change("one");
    const { data } = await stage.octokit.rest.actions.listWorkflowRunsForRepo({ ...stage.repo });
    expect([data.workflow_runs[0]?.status, data.workflow_runs[0]?.conclusion]).toEqual([
      "completed",
      "action_required",
    ]);
    await stage.octokit.rest.actions.approveWorkflowRun({ ...stage.repo, run_id: runs()[0]?.id ?? 0 });
    await stage.forge.settled();
    stage.forge.levers.workflows.conclude("failure", { job: "only", times: 1 }, "ENETUNREACH registry\n");
    await change("two");
    stage.forge.levers.workflows.ignore();
    await change("three");
    expect(runs().map((run) => [run.conclusion, run.jobs[0]?.log.includes("ENETUNREACH")])).toEqual([
      ["success", false],
      ["failure", true],
    ]);
  });

  it("gives way to the next run of its concurrency group", async () => {
    const workflow = `concurrency: {group: "ci-\${{ github.ref }}", cancel-in-progress: true}\n${job("      - run: test -e done || sleep 60\n")}`;
    stage = await setStage({ files: { "a.txt": "a\n", ".github/workflows/ci.yml": workflow } });
    await stage.forge.as("robin").push("acme", "lib", "work", { "a.txt": "1" });
    const runs = () => stage.forge.inspect("acme", "lib").workflowRuns;
    await expect.poll(() => runs()[0]?.jobs[0]?.status).toBe("in_progress");
    await stage.forge.as("robin").push("acme", "lib", "work", { done: "" });
    await stage.forge.settled();
    expect(runs().map((run) => run.conclusion)).toEqual(["cancelled", "success"]);
  });
});
