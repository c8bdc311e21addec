import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Stage, StageOptions } from "./support/forge.ts";
import { endsOf, jobWith, pushWorkflow } from "./support/workflow.ts";

let stage: Stage;
afterEach(() => stage.stop());

const push = async (workflow: string, options: StageOptions = {}) => {
  const pushed = await pushWorkflow(workflow, options);
  stage = pushed.stage;
  return pushed;
};

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
    expect([run?.event, run?.conclusion, endsOf(run)]).toEqual([
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
      jobWith('      - run: test "$(cat a.txt)" = b && test ! -e .git && test "$GITHUB_REF_NAME" = work\n'),
    );
    expect(runs()[0]?.conclusion).toBe("success");
  });

  it("keeps the log of each job, with commands, output and the exit code", async () => {
    const { runs } = await push(
      jobWith(
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
    const { runs } = await push(jobWith("      - run: env\n"));
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
    expect(endsOf(run)).toEqual({
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
      jobWith('      - {run: "false", continue-on-error: true}\n      - {run: "true"}\n') +
        "  weak:\n    runs-on: ubuntu-latest\n    continue-on-error: true\n    steps: [{run: 'false'}]\n",
    );
    expect([runs()[0]?.conclusion, endsOf(runs()[0])]).toEqual([
      "success",
      { only: "success", weak: "failure" },
    ]);
  });

  it("ends a job at its time limit, with everything that it started", async () => {
    const file = path.join((await import("node:os")).tmpdir(), `forge-${process.pid}-${Date.now()}`);
    const { runs } = await push(jobWith(`      - run: (sleep 1; echo late > ${file}) & sleep 60\n`), {
      forge: { jobTimeoutMs: 400 },
    });
    expect(runs()[0]?.conclusion).toBe("timed_out");
    expect(runs()[0]?.jobs[0]?.log).toContain("exceeded its maximum execution time");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await expect(readFile(file)).rejects.toThrow(/ENOENT/);
  });

  it("lets the caller run the steps elsewhere", async () => {
    const commands: unknown[] = [];
    const { runs } = await push(jobWith("      - {run: make, working-directory: sub}\n"), {
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
