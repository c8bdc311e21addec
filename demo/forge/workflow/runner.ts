import { readCommit } from "../git/commits.ts";
import { changedNames, mergeBase } from "../git/history.ts";
import { EMPTY_TREE, readBlob, readTree, ZERO_SHA } from "../git/objects.ts";
import type { Repository } from "../records/repository.ts";
import type { WorkflowRun } from "../records/workflow.ts";
import { isPull } from "../shapes/pull.ts";
import { emitSuite, updateCheckRun } from "../verbs/check.ts";
import type { WorkflowPort, World } from "../world.ts";
import { pullContext, pushContext } from "./github-context.ts";
import { createLauncher, type RunnerOptions } from "./launch.ts";
import { readWorkflow, type WorkflowFile } from "./read.ts";
import { tellJob, tellRun } from "./tell.ts";
import { writeTestMerge } from "./test-merge.ts";
import { isTriggered, type Trigger } from "./trigger.ts";

const SKIP = /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/i;

/** The forge's GitHub Actions: reads the repository's own workflow files and runs them for real. */
export function createRunner(getWorld: () => World, options: RunnerOptions): WorkflowPort {
  const { launch, start, stop } = createLauncher(getWorld, options);
  const runOf = (repository: Repository, id: number) => repository.workflowRuns.find((one) => one.id === id);

  return {
    async onPush(repository, branch, before, after, actor) {
      const files = await readWorkflows(repository, after);
      if (files.length === 0) return;
      const commit = await readCommit(repository.gitDir, after);
      if (SKIP.test(commit.message)) return;
      const from = before === ZERO_SHA ? (commit.parents[0] ?? EMPTY_TREE) : before;
      const trigger: Trigger = {
        event: "push",
        branch,
        changed: () => changedNames(repository.gitDir, from, after),
      };
      const github = pushContext(getWorld(), repository, { branch, before, commit, actor });
      const title = commit.message.split("\n")[0] ?? "";
      for (const file of files) {
        if (!(await isTriggered(file, trigger))) continue;
        const common = { file, github, title, branch, actor, event: "push", pullNumber: null } as const;
        await launch(repository, { ...common, headSha: after, treeSha: after });
      }
    },

    async onPull(repository, number, action, actor) {
      const issue = repository.issues.get(number);
      if (issue === undefined || !isPull(issue) || issue.state === "closed") return;
      const { pull } = issue;
      const wanted = (await readWorkflows(repository, pull.headSha)).some(
        (file) => "pull_request" in file.on,
      );
      if (!wanted) return;
      const mergeSha = await writeTestMerge(getWorld(), repository, issue);
      if (mergeSha === null || SKIP.test((await readCommit(repository.gitDir, pull.headSha)).message)) return;
      const from = (await mergeBase(repository.gitDir, pull.baseSha, pull.headSha)) ?? EMPTY_TREE;
      const changed = () => changedNames(repository.gitDir, from, pull.headSha);
      const trigger: Trigger = { event: "pull_request", action, base: pull.baseRef, changed };
      const github = await pullContext(getWorld(), repository, { issue, action, mergeSha, actor });
      for (const file of await readWorkflows(repository, mergeSha)) {
        if (!(await isTriggered(file, trigger))) continue;
        const common = {
          file,
          github,
          title: issue.title,
          branch: pull.headRef,
          actor,
          event: "pull_request",
        } as const;
        await launch(repository, { ...common, headSha: pull.headSha, treeSha: mergeSha, pullNumber: number });
      }
    },

    async rerun(repository, runId, which, actor) {
      const run = runOf(repository, runId);
      if (run === undefined) return;
      const passed = run.jobs.filter(
        (job) => job.attempt === run.attempt && job.checkRun.conclusion === "success",
      );
      run.attempt += 1;
      run.triggeredBy = actor;
      run.status = "queued";
      run.conclusion = null;
      run.startedAt = getWorld().now();
      await tellRun(getWorld(), repository, run, "requested");
      start(repository, run, which === "failed" ? passed : []);
    },

    async cancel(repository, runId) {
      const run = runOf(repository, runId);
      if (run === undefined || run.status === "completed") return;
      // An attempt that is under way ends its own jobs and tells of them; one that never got a machine is ended here.
      if (!stop(run)) await endStuck(getWorld(), repository, run);
    },

    async approve(repository, runId) {
      const run = runOf(repository, runId);
      if (run?.status !== "action_required") return;
      run.status = "queued";
      start(repository, run, []);
    },
  };
}

async function readWorkflows(repository: Repository, sha: string): Promise<WorkflowFile[]> {
  const entries = (await readTree(repository.gitDir, sha, true)).filter(
    (entry) => entry.type === "blob" && /^\.github\/workflows\/[^/]+\.ya?ml$/.test(entry.path),
  );
  return Promise.all(
    entries.map(async (entry) => {
      const source = await readBlob(repository.gitDir, entry.sha);
      return readWorkflow(entry.path, source.toString("utf8"));
    }),
  );
}

async function endStuck(world: World, repository: Repository, run: WorkflowRun): Promise<void> {
  for (const job of run.jobs) {
    if (job.checkRun.status === "completed") continue;
    await updateCheckRun(world, repository, job.checkRun, { conclusion: "cancelled" }, run.triggeredBy);
    tellJob(world, repository, run, job, "completed");
  }
  run.status = "completed";
  run.conclusion = "cancelled";
  await emitSuite(world, repository, run.suite, "completed", run.triggeredBy);
  await tellRun(world, repository, run, "completed");
}
