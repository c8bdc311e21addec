import { readCommit, writeCommit } from "../git/commits.ts";
import { changedNames, mergeBase } from "../git/history.ts";
import { EMPTY_TREE, readBlob, readTree, ZERO_SHA } from "../git/objects.ts";
import { readRef, setRef } from "../git/refs.ts";
import { iso, shapeAccount } from "../shapes/basics.ts";
import { emailOf } from "../shapes/commit.ts";
import { isPull, type PullIssue, shapePull, viewPull } from "../shapes/pull.ts";
import { shapeRepository } from "../shapes/repository.ts";
import type { Account, Repository, Workflow, WorkflowRun } from "../state.ts";
import { emitSuite, ensureSuite, updateCheckRun } from "../verbs/check.ts";
import type { WorkflowPort, World } from "../world.ts";
import { runAttempt } from "./attempt.ts";
import type { RunIn } from "./process.ts";
import { readWorkflow, type WorkflowFile } from "./read.ts";
import { tellJob, tellRun } from "./tell.ts";
import { isTriggered, type Trigger } from "./trigger.ts";

export type RunnerOptions = {
  runIn: RunIn;
  /** how many jobs run at once on this machine */
  jobsAtOnce: number;
  jobTimeoutMs: number;
  /** added to the environment of every step */
  env: Record<string, string>;
};

/** What a run needs to be started, and started again. */
type Launch = { file: WorkflowFile; github: Record<string, unknown> };

const SKIP = /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/i;

/** The forge's GitHub Actions: reads the repository's own workflow files and runs them for real. */
export function createRunner(getWorld: () => World, options: RunnerOptions): WorkflowPort {
  const launches = new Map<number, Launch>();
  const stops = new Map<number, AbortController>();
  const place = createPlaces(options.jobsAtOnce);

  async function files(repository: Repository, sha: string): Promise<WorkflowFile[]> {
    const entries = (await readTree(repository.gitDir, sha, true)).filter(
      (entry) => entry.type === "blob" && /^\.github\/workflows\/[^/]+\.ya?ml$/.test(entry.path),
    );
    return Promise.all(
      entries.map(async (entry) =>
        readWorkflow(entry.path, (await readBlob(repository.gitDir, entry.sha)).toString("utf8")),
      ),
    );
  }

  function workflowOf(repository: Repository, file: WorkflowFile): Workflow {
    const known = repository.workflows.find((one) => one.path === file.path);
    if (known !== undefined) {
      known.name = file.name;
      return known;
    }
    const workflow = {
      id: getWorld().state.nextId(),
      name: file.name,
      path: file.path,
      createdAt: getWorld().now(),
    };
    repository.workflows.push(workflow);
    return workflow;
  }

  type Wanted = {
    trigger: Trigger;
    headSha: string;
    treeSha: string;
    branch: string;
    pull: PullIssue | null;
    actor: Account;
  };

  async function launch(
    repository: Repository,
    file: WorkflowFile,
    wanted: Wanted,
    github: Record<string, unknown>,
  ) {
    const world = getWorld();
    const workflow = workflowOf(repository, file);
    const { headSha, branch, actor, pull } = wanted;
    const suite = ensureSuite(world, repository, {
      owner: "actions",
      headSha,
      headBranch: branch,
      fresh: true,
    });
    const at = world.now();
    const run: WorkflowRun = {
      id: world.state.nextId(),
      workflow,
      suite,
      number: repository.workflowRuns.filter((one) => one.workflow === workflow).length + 1,
      attempt: 1,
      event: wanted.trigger.event,
      title: pull?.title ?? (await readCommit(repository.gitDir, headSha)).message.split("\n")[0] ?? "",
      headBranch: branch,
      headSha,
      treeSha: wanted.treeSha,
      pullNumber: pull?.number ?? null,
      actor,
      status: "queued",
      conclusion: null,
      jobs: [],
      log: file.problems.join("\n"),
      createdAt: at,
      updatedAt: at,
      startedAt: at,
    };
    repository.workflowRuns.push(run);
    launches.set(run.id, {
      file,
      github: { ...github, workflow: workflow.name, run_id: String(run.id), run_number: String(run.number) },
    });
    await tellRun(world, repository, run, "requested");
    if (world.levers.jobFault(workflow.name, null) === "require_approval") {
      run.status = "action_required";
      await tellRun(world, repository, run, "completed");
      return;
    }
    start(repository, run, []);
  }

  function start(repository: Repository, run: WorkflowRun, kept: WorkflowRun["jobs"]): void {
    const world = getWorld();
    const known = launches.get(run.id);
    if (known === undefined) return;
    const stop = new AbortController();
    stops.set(run.id, stop);
    const attempt = {
      world,
      repository,
      run,
      file: known.file,
      github: { ...known.github, run_attempt: String(run.attempt) },
      kept,
      place,
    };
    const rest = {
      env: options.env,
      signal: stop.signal,
      jobTimeoutMs: options.jobTimeoutMs,
      runIn: options.runIn,
    };
    world.activity.start(`workflow run ${run.id}`, () => runAttempt({ ...attempt, ...rest }));
  }

  async function common(repository: Repository, actor: Account, event: Record<string, unknown>) {
    const world = getWorld();
    return {
      actor: actor.login,
      triggering_actor: actor.login,
      repository: `${repository.owner.login}/${repository.name}`,
      repository_owner: repository.owner.login,
      server_url: world.url,
      api_url: world.api,
      token: "",
      event: { ...event, repository: shapeRepository(world, repository), sender: shapeAccount(world, actor) },
    };
  }

  return {
    async onPush(repository, branch, before, after, actor) {
      const found = await files(repository, after);
      if (found.length === 0) return;
      const commit = await readCommit(repository.gitDir, after);
      if (SKIP.test(commit.message)) return;
      const changed = async () =>
        changedNames(
          repository.gitDir,
          before === ZERO_SHA ? (commit.parents[0] ?? EMPTY_TREE) : before,
          after,
        );
      const trigger: Trigger = { event: "push", branch, changed };
      const ref = `refs/heads/${branch}`;
      const head_commit = { id: after, message: commit.message, timestamp: iso(commit.committer.at) };
      const github = {
        ...(await common(repository, actor, { ref, before, after, head_commit })),
        ...{
          event_name: "push",
          sha: after,
          ref,
          ref_name: branch,
          ref_type: "branch",
          head_ref: "",
          base_ref: "",
        },
      };
      for (const file of found) {
        if (!(await isTriggered(file, trigger))) continue;
        await launch(
          repository,
          file,
          { trigger, headSha: after, treeSha: after, branch, pull: null, actor },
          github,
        );
      }
    },

    async onPull(repository, number, action, actor) {
      const issue = repository.issues.get(number);
      if (issue === undefined || !isPull(issue) || issue.state === "closed") return;
      const world = getWorld();
      const { pull } = issue;
      const headFiles = await files(repository, pull.headSha);
      if (headFiles.length === 0 || !headFiles.some((file) => "pull_request" in file.on)) return;
      const merged = await testMerge(world, repository, issue);
      // As on GitHub: a pull request with conflicts has no test merge, and its workflows do not run.
      if (merged === null || SKIP.test((await readCommit(repository.gitDir, pull.headSha)).message)) return;
      const base = (await mergeBase(repository.gitDir, pull.baseSha, pull.headSha)) ?? EMPTY_TREE;
      const trigger: Trigger = {
        event: "pull_request",
        action,
        base: pull.baseRef,
        changed: () => changedNames(repository.gitDir, base, pull.headSha),
      };
      const ref = `refs/pull/${number}/merge`;
      const event = { action, number, pull_request: await shapePull(world, repository, issue) };
      const github = {
        ...(await common(repository, actor, event)),
        ...{
          event_name: "pull_request",
          sha: merged,
          ref,
          ref_name: `${number}/merge`,
          ref_type: "branch",
          head_ref: pull.headRef,
          base_ref: pull.baseRef,
        },
      };
      for (const file of await files(repository, merged)) {
        if (!(await isTriggered(file, trigger))) continue;
        await launch(
          repository,
          file,
          { trigger, headSha: pull.headSha, treeSha: merged, branch: pull.headRef, pull: issue, actor },
          github,
        );
      }
    },

    async rerun(repository, runId, which) {
      const world = getWorld();
      const run = repository.workflowRuns.find((one) => one.id === runId);
      if (run === undefined) return;
      const latest = run.jobs.filter((job) => job.attempt === run.attempt);
      const good = (conclusion: string | null) =>
        conclusion === "success" || conclusion === "skipped" || conclusion === "neutral";
      run.attempt += 1;
      run.status = "queued";
      run.conclusion = null;
      run.startedAt = world.now();
      await tellRun(world, repository, run, "requested");
      start(repository, run, which === "failed" ? latest.filter((job) => good(job.checkRun.conclusion)) : []);
    },

    async cancel(repository, runId) {
      const world = getWorld();
      const run = repository.workflowRuns.find((one) => one.id === runId);
      if (run === undefined) return;
      stops.get(runId)?.abort();
      // Jobs that never came to a machine are ended here; the others end themselves.
      const waiting = run.jobs.filter(
        (job) => job.checkRun.status === "queued" && job.attempt === run.attempt,
      );
      if (run.status !== "queued" && waiting.length === 0) return;
      const stuck = run.status === "queued";
      for (const job of waiting) {
        await updateCheckRun(world, repository, job.checkRun, { conclusion: "cancelled" }, run.actor);
        tellJob(world, repository, run, job, "completed");
      }
      if (!stuck) return;
      run.status = "completed";
      run.conclusion = "cancelled";
      await emitSuite(world, repository, run.suite, "completed", run.actor);
      await tellRun(world, repository, run, "completed");
    },

    async approve(repository, runId) {
      const run = repository.workflowRuns.find((one) => one.id === runId);
      if (run === undefined || run.status !== "action_required") return;
      run.status = "queued";
      start(repository, run, []);
    },
  };
}

/** The commit that merging the pull request would make, under `refs/pull/N/merge`; null when it conflicts. */
async function testMerge(world: World, repository: Repository, issue: PullIssue): Promise<string | null> {
  const { gitDir } = repository;
  const base = await readRef(gitDir, `refs/heads/${issue.pull.baseRef}`);
  const view = await viewPull(repository, issue);
  if (base === null || view.mergedTree === null) return null;
  const author = { name: issue.author.login, email: emailOf(issue.author), at: world.now() };
  const sha = await writeCommit(gitDir, {
    tree: view.mergedTree,
    parents: [base.sha, issue.pull.headSha],
    author,
    committer: { name: "GitHub", email: "noreply@github.com", at: world.now() },
    message: `Merge ${issue.pull.headSha} into ${base.sha}\n`,
  });
  await setRef(gitDir, `refs/pull/${issue.number}/merge`, sha);
  return sha;
}

/** Lets at most `count` jobs work at once; the others wait in the order in which they came. */
function createPlaces(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
