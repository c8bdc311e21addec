import { refusalOf, type Stage } from "../../forge/support/forge.ts";

/** Check runs with buttons, statuses, and workflows that ran. */
export async function tellOfChecks(stage: Stage): Promise<void> {
  const { forge, repo } = stage;
  const { checks, repos } = stage.octokit.rest;
  await forge.settled();
  const head_sha = forge.inspect("acme", "lib").refs["refs/heads/unrelated"] ?? "";
  const annotation = {
    path: "z.txt",
    start_line: 1,
    end_line: 1,
    annotation_level: "notice" as const,
    message: "Here",
  };
  const made = await checks.create({
    ...repo,
    name: "Fixpoint",
    head_sha,
    external_id: "run_1",
    status: "in_progress",
    output: { title: "Working", summary: "Step 1", annotations: [annotation] },
    actions: [{ label: "Stop", description: "Stop this run", identifier: "stop" }],
  });
  const check_run_id = made.data.id;
  await checks.get({ ...repo, check_run_id });
  await checks.listAnnotations({ ...repo, check_run_id });
  await forge.as("robin").requestAction("acme", "lib", check_run_id, "stop");
  await checks.update({ ...repo, check_run_id, conclusion: "success" });
  await checks.rerequestRun({ ...repo, check_run_id });
  await checks.listForRef({ ...repo, ref: head_sha });
  const suites = await checks.listSuitesForRef({ ...repo, ref: "unrelated" });
  const check_suite_id = suites.data.check_suites.find((suite) => suite.app?.id === forge.app.id)?.id ?? 0;
  await checks.getSuite({ ...repo, check_suite_id });
  await checks.listForSuite({ ...repo, check_suite_id });
  await checks.rerequestSuite({ ...repo, check_suite_id });
  await refusalOf(checks.create({ ...repo, name: "x", head_sha: "1".repeat(40) }));

  const robin = stage.octokitWith(forge.as("robin").token);
  await robin.rest.repos.createCommitStatus({ ...repo, sha: head_sha, state: "pending" });
  await robin.rest.repos.createCommitStatus({
    ...repo,
    sha: head_sha,
    state: "success",
    context: "ci/other",
    description: "All good",
    target_url: "https://ci.example.com/1",
  });
  await repos.getCombinedStatusForRef({ ...repo, ref: head_sha });
  await repos.listCommitStatusesForRef({ ...repo, ref: head_sha });
  await workflows(stage);
}

async function workflows({ forge, octokit, repo }: Stage): Promise<void> {
  const { actions } = octokit.rest;
  await actions.listRepoWorkflows(repo);
  const { data } = await actions.listWorkflowRunsForRepo(repo);
  const failed = data.workflow_runs.find((run) => run.conclusion === "failure");
  const run = { ...repo, run_id: failed?.id ?? 0 };
  await actions.getWorkflowRun(run);
  const { data: list } = await actions.listJobsForWorkflowRun(run);
  const job = { ...repo, job_id: list.jobs[0]?.id ?? 0 };
  await actions.getJobForWorkflowRun(job);
  await actions.downloadJobLogsForWorkflowRun(job);
  await actions.reRunWorkflow(run);
  await forge.settled();
  await actions.reRunWorkflowFailedJobs(run);
  await forge.settled();
  await actions.reRunJobForWorkflowRun(job);
  await forge.settled();
  await actions.getWorkflowRun(run);
  await refusalOf(actions.cancelWorkflowRun(run));
  forge.levers.workflows.neverStart({ times: 1 });
  await forge.as("robin").push("acme", "lib", "stuck", { "a.txt": "stuck\n" });
  await forge.settled();
  const stuck =
    (await actions.listWorkflowRunsForRepo({ ...repo, branch: "stuck" })).data.workflow_runs[0]?.id ?? 0;
  await actions.cancelWorkflowRun({ ...repo, run_id: stuck });
  forge.levers.workflows.requireApproval({ times: 1 });
  await forge.as("robin").push("acme", "lib", "asks", { "a.txt": "asks\n" });
  const asking =
    (await actions.listWorkflowRunsForRepo({ ...repo, branch: "asks" })).data.workflow_runs[0]?.id ?? 0;
  await actions.approveWorkflowRun({ ...repo, run_id: asking });
  await forge.settled();
}
