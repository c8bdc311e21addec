import { afterEach, describe, expect, it } from "vitest";
import { commitByApi, type Stage, type StageOptions, setStage } from "./support/forge.ts";
import { endsOf, jobWith, pushWorkflow } from "./support/workflow.ts";

let stage: Stage;
afterEach(() => stage.stop());

const push = async (workflow: string, options: StageOptions = {}) => {
  const pushed = await pushWorkflow(workflow, options);
  stage = pushed.stage;
  return pushed;
};

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
    expect([first?.conclusion, endsOf(first)]).toEqual([
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
    await push(jobWith("      - run: 'true'\n"));
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
      files: { "a.txt": "a\n", ".github/workflows/ci.yml": jobWith("      - run: sleep 60\n") },
    });
    await commitByApi(stage, "work", { "a.txt": "b\n" });
    const runs = () => stage.forge.inspect("acme", "lib").workflowRuns;
    await expect.poll(() => runs()[0]?.jobs[0]?.status).toBe("in_progress");
    await stage.octokit.rest.actions.cancelWorkflowRun({ ...stage.repo, run_id: runs()[0]?.id ?? 0 });
    await stage.forge.settled();
    expect([runs()[0]?.conclusion, endsOf(runs()[0])]).toEqual(["cancelled", { only: "cancelled" }]);

    stage.forge.levers.workflows.neverStart();
    await stage.forge.as("robin").push("acme", "lib", "stuck", { "a.txt": "c\n" });
    await stage.forge.settled();
    expect([runs()[1]?.status, runs()[1]?.jobs[0]?.status]).toEqual(["queued", "queued"]);
    await stage.octokit.rest.actions.cancelWorkflowRun({ ...stage.repo, run_id: runs()[1]?.id ?? 0 });
    expect([runs()[1]?.conclusion, endsOf(runs()[1])]).toEqual(["cancelled", { only: "cancelled" }]);
  });

  it("waits for approval, concludes as told, or is not started at all, when a lever says so", async () => {
    stage = await setStage({
      files: { "a.txt": "a\n", ".github/workflows/ci.yml": `name: CI\n${jobWith("      - run: 'true'\n")}` },
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
    const workflow = `concurrency: {group: "ci-\${{ github.ref }}", cancel-in-progress: true}\n${jobWith("      - run: test -e done || sleep 60\n")}`;
    stage = await setStage({ files: { "a.txt": "a\n", ".github/workflows/ci.yml": workflow } });
    await stage.forge.as("robin").push("acme", "lib", "work", { "a.txt": "1" });
    const runs = () => stage.forge.inspect("acme", "lib").workflowRuns;
    await expect.poll(() => runs()[0]?.jobs[0]?.status).toBe("in_progress");
    await stage.forge.as("robin").push("acme", "lib", "work", { done: "" });
    await stage.forge.settled();
    expect(runs().map((run) => run.conclusion)).toEqual(["cancelled", "success"]);
  });
});
