import { describe, expect, it } from "vitest";
import { renderAuditTrail } from "../../src/report/audit-trail.ts";
import { renderCheckRun } from "../../src/report/check-run.ts";
import { renderCommitMessage } from "../../src/report/commit-message.ts";
import { renderCostSummary } from "../../src/report/cost-summary.ts";
import { renderNotice } from "../../src/report/notice.ts";
import { renderProgress } from "../../src/report/progress.ts";
import { renderPullBody, renderPullTitle } from "../../src/report/pull-request.ts";
import { renderQuestion } from "../../src/report/question.ts";
import type { EventData, NewEvent } from "../../src/run/events.ts";
import * as log from "../support/log.ts";

const call: NewEvent = {
  kind: "model.settled",
  data: {
    callId: "1",
    phase: "plan, attempt 1",
    model: "gpt-5",
    requestDigest: "r",
    answerDigest: "a",
    usage: { inputTokens: 4_200, cachedTokens: 3_072, outputTokens: 310, counted: "by_provider" },
    nanoUsd: 6_123_000,
    ms: 2_100,
    failure: null,
  },
};
const baseCheck: NewEvent = {
  kind: "check.ran",
  data: {
    phase: "base",
    result: { name: "test", status: "passed", exitCode: 0, ms: 410, outputDigest: "o" },
  },
};
const afterCheck: NewEvent = {
  kind: "check.ran",
  data: {
    phase: "step 2, attempt 1",
    result: { name: "test", status: "passed", exitCode: 0, ms: 420, outputDigest: "o" },
  },
};
const ready: NewEvent = { kind: "pull.made_ready", data: { sha: log.publishedSha } };
const [triaged, setUp, ...rest] = log.untilPublished;
const green = [
  triaged,
  setUp,
  baseCheck,
  call,
  ...rest,
  afterCheck,
  log.gateRead("passed"),
  ready,
  log.gateRead("passed", "ready"),
].filter((event) => event !== undefined);
const midway = [
  log.triaged,
  log.setUp,
  log.planned,
  log.startStep(1),
  log.checkpointStep(1),
  log.startStep(2),
  log.failStep(2),
];

describe("the progress comment", () => {
  it("shows the bar, the steps, the money and what comes next", () => {
    expect(
      renderProgress(log.runAfter([...midway.slice(0, 2), call, ...midway.slice(2)])),
    ).toMatchInlineSnapshot(`
      "**Fixpoint** · executing · \`agent/issue-7\`

      \`██████████░░░░░░░░░░\` 1 of 2 steps done · $0.0061 of $2.00

      | | Step | |
      |---|---|---|
      | ✅ | 1. Split an amount without losing a cent | done |
      | 🔁 | 2. Use it for discounts | attempt 2, after: The check \`test\` failed with exit code 1. |

      **Now:** Working on step 2 of 2, attempt 2.

      **Next:** Nothing to do for you. Comment \`/agent stop\` to stop.

      <sub>asked by hubot · base \`main\` at \`1111111111\` · cap $2.00 · \`run_1296269_7_1\`</sub>"
    `);
  });

  it("shows the proof when CI is green", () => {
    expect(renderProgress(log.runAfter(green))).toMatchInlineSnapshot(`
      "**Fixpoint** · awaiting merge · [#8](https://github.example/octo-org/billfold/pull/8)

      \`████████████████████\` 2 of 2 steps done · $0.0061 of $2.00

      | | Step | |
      |---|---|---|
      | ✅ | 1. Split an amount without losing a cent | \`1111111111\` |
      | ✅ | 2. Use it for discounts | \`2222222222\` |

      **Now:** CI is green on exactly this commit, and the pull request is ready for review.

      **Next:** Review the pull request, and merge it if you like it. I never merge.

      <sub>asked by hubot · base \`main\` at \`1111111111\` · cap $2.00 · \`run_1296269_7_1\`</sub>"
    `);
  });

  it("shows a question and how to answer it", () => {
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "no_check", question: "I found no check.", resumeAt: "triage" },
    };
    expect(renderProgress(log.runAfter([asked]))).toMatchInlineSnapshot(`
      "**Fixpoint** · awaiting person · \`agent/issue-7\`

      \`░░░░░░░░░░░░░░░░░░░░\` no plan yet · $0.00 of $2.00

      **Now:** I found no check.

      **Next:** Answer with \`/agent retry\` to go on, or \`/agent stop\` to end.

      <sub>asked by hubot · cap $2.00 · \`run_1296269_7_1\`</sub>"
    `);
  });
});

describe("the notice that mentions who asked", () => {
  it("comes with a question, and with the result, and not in between", () => {
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "budget", question: "The money is used up.", resumeAt: "execute" },
    };
    const ended: NewEvent = {
      kind: "run.ended",
      data: { outcome: "stopped", because: "hubot asked to stop." },
    };
    expect([
      renderNotice(log.runAfter(midway)),
      renderNotice(log.runAfter([...midway, asked])),
      renderNotice(log.runAfter(green)),
      renderNotice(log.runAfter([...midway, ended])),
    ]).toMatchInlineSnapshot(`
      [
        null,
        {
          "body": "@hubot The money is used up.

      Answer with \`/agent retry\` to go on, or \`/agent stop\` to end.",
          "key": "question:1700000009000",
        },
        {
          "body": "@hubot #8: CI is green on exactly this commit, and the pull request is ready for review. It cost $0.0061. Review the pull request, and merge it if you like it. I never merge.",
          "key": "result:2222222222222222222222222222222222222222",
        },
        {
          "body": "@hubot hubot asked to stop. What was done so far is kept. Comment \`/agent retry\` for a fresh run.",
          "key": "ended:stopped",
        },
      ]
    `);
  });
});

describe("the pull request", () => {
  it("says why, what, how it was proved, what it cost and how to go on", () => {
    const body = renderPullBody(log.runAfter(green), {
      template: "- [ ] I read CONTRIBUTING",
      sandbox: "bwrap",
    });
    expect(body).toMatchInlineSnapshot(`
      "Fixes #7.

      <!-- fixpoint:begin -->

      ### Why

      Shares of an amount add up to the amount.

      ### Steps

      | | Step | Commit | What was done |
      |--:|---|---|---|
      | 1 | Split an amount without losing a cent | 1111111111111111111111111111111111111111 | Did step 1. |
      | 2 | Use it for discounts | 2222222222222222222222222222222222222222 | Did step 2. |

      ### Validation

      | Check, in the sandbox | Found in | Before (base) | After |
      |---|---|---|---|
      | \`test\` | package.json scripts.test | passed (exit code 0) | passed (exit code 0) |

      CI on \`2222222222222222222222222222222222222222\`: **passed** (\`test\` success). test: success on this commit.

      ### Cost

      $0.0061 of $2.00, 1 model call.

      ### What you can do

      - Review the pull request, and merge it if you like it. I never merge.
      - \`/agent status\` tells where things are, \`/agent retry\` goes on after a question, \`/agent stop\` ends it.
      - To undo it, close this pull request: nothing else was changed.

      <!-- fixpoint:end -->

      ---

      - [ ] I read CONTRIBUTING

      <sub>Made by Fixpoint, run \`run_1296269_7_1\`, for hubot. The audit trail and the cost summary stand in the comments.</sub>"
    `);
  });

  it("says so when the sandbox was switched off", () => {
    const body = renderPullBody(log.runAfter(green), { template: null, sandbox: "none" });
    expect(body).toContain(
      "**The operator switched the sandbox off: the checks above ran without isolation.**",
    );
  });

  it("is titled like the issue, or as the commit convention wants it", () => {
    const run = log.runAfter([]);
    expect([renderPullTitle(run, "plain"), renderPullTitle(run, "conventional")]).toEqual([
      "Discounts are off by a cent",
      "fix: discounts are off by a cent",
    ]);
  });
});

describe("a commit", () => {
  it("carries the step and the trailers by which it is known again", () => {
    const run = log.runAfter(green);
    const step = run.steps[1];
    if (!step) throw new Error("no step");
    expect(
      renderCommitMessage(run, step, { convention: "conventional", signOff: "Robin <robin@example.org>" }),
    ).toEqual({
      message: "fix: use it for discounts\n\nDid step 2.",
      trailers: [
        ["Agent-Run", "run_1296269_7_1"],
        ["Agent-Step", "2/2"],
        ["Agent-Plan", `sha256:${"d".repeat(64)}`],
        ["Agent-Tree", "2".repeat(40)],
        ["Signed-off-by", "Robin <robin@example.org>"],
      ],
    });
  });
});

describe("the cost summary", () => {
  it("splits the money by phase and model, fresh and cached", () => {
    expect(renderCostSummary(log.runAfter(green))).toMatchInlineSnapshot(`
      "**Cost:** $0.0061 of $2.00 (0.3 %), in 1 model call.

      | Phase · model | Calls | Input, fresh | Input, cached | Output | Cost |
      |---|--:|--:|--:|--:|--:|
      | plan, attempt 1 · gpt-5 | 1 | 1,128 | 3,072 | 310 | $0.0061 |
      | **Total** | 1 | 1,128 | 3,072 | 310 | $0.0061 |

      <sub>Prices: table \`2026-11\`. Money is reserved before a call and settled after; a call that a crash cut off counts in full.</sub>"
    `);
  });
});

describe("the audit trail", () => {
  it("tells every event in a line and names the head digest", () => {
    expect(renderAuditTrail("run_1296269_7_1", log.buildLog(green))).toMatchInlineSnapshot(`
      "**Audit trail** of \`run_1296269_7_1\`: 21 events, hash-chained; head digest \`sha256:hash-21\`.

      <details><summary>All events</summary>

      | # | Time | Event | What |
      |--:|--:|---|---|
      | 1 | 0:00 | run.requested | hubot asked for issue #7; text \`aaaaaaaaaa\` |
      | 2 | 0:01 | lease.taken | by worker-1, epoch 1 |
      | 3 | 0:02 | run.triaged | base \`1111111111\`; checks: test (package.json scripts.test) |
      | 4 | 0:03 | setup.finished | ready in 0.9 s |
      | 5 | 0:04 | check.ran | base: test passed (exit code 0) in 0.4 s |
      | 6 | 0:05 | model.settled | plan, attempt 1: $0.0061, 4200 in (3072 cached), 310 out, 2.1 s |
      | 7 | 0:06 | plan.made | 2 steps, \`sha256:dddddddddddd\` |
      | 8 | 0:07 | step.started | step 1, attempt 1 |
      | 9 | 0:08 | step.checkpointed | step 1: tree \`1111111111\`, 1 files differ from the base |
      | 10 | 0:09 | step.started | step 2, attempt 1 |
      | 11 | 0:10 | step.checkpointed | step 2: tree \`2222222222\`, 1 files differ from the base |
      | 12 | 0:11 | effect.intended | commit.create \`commit:1:111111111111:111111111111\` |
      | 13 | 0:12 | effect.done | commit.create \`commit:1:111111111111:111111111111\` made |
      | 14 | 0:13 | effect.intended | commit.create \`commit:2:222222222222:111111111111\` |
      | 15 | 0:14 | effect.done | commit.create \`commit:2:222222222222:111111111111\` made |
      | 16 | 0:15 | run.published | pull request #8 at \`2222222222\` |
      | 17 | 0:16 | base.met | \`2222222222\` contains the base at \`1111111111\` |
      | 18 | 0:17 | check.ran | step 2, attempt 1: test passed (exit code 0) in 0.4 s |
      | 19 | 0:18 | gate.read | draft: passed. test: success on this commit. |
      | 20 | 0:19 | pull.made_ready | at \`2222222222\` |
      | 21 | 0:20 | gate.read | ready: passed. test: success on this commit. |

      </details>"
    `);
  });

  it("leaves out old lines and never the digest when a run was long", () => {
    const many = Array.from({ length: 400 }, () => call);
    const text = renderAuditTrail("run_1296269_7_1", log.buildLog(many));
    expect(text).toContain("102 earlier events, covered by the digest");
    expect(text).toContain("402 events, hash-chained; head digest `sha256:hash-402`");
    expect(text.length).toBeLessThan(65_536);
  });
});

describe("the check run", () => {
  it("concludes as the run does", () => {
    const conclusionAfter = (...events: NewEvent[]) => renderCheckRun(log.runAfter(events)).conclusion;
    const asked: NewEvent = {
      kind: "person.asked",
      data: { reason: "ci_red", question: "?", resumeAt: "gate" },
    };
    expect([
      conclusionAfter(...log.untilPublished),
      conclusionAfter(...green),
      conclusionAfter(...log.untilPublished, asked),
      conclusionAfter({ kind: "run.ended", data: { outcome: "stopped", because: "x" } }),
    ]).toEqual(["in_progress", "success", "action_required", "cancelled"]);
  });
});

describe("red in CI and green here", () => {
  const differs: NonNullable<EventData<"gate.read">["reading"]["differs"]> = [
    { job: "test (18)", what: "runtime", ci: "node 18", here: "node 20.19.0" },
    { job: "test (18)", what: "platform", ci: "windows-latest", here: "linux x64" },
    { job: "test (18)", what: "command", ci: "make e2e <img src=x> @admin", here: "npm run test" },
    { job: "test (18)", what: "environment", ci: "TZ", here: "" },
    { job: "e2e", what: "services", ci: "postgres", here: "" },
    { job: "e2e", what: "container", ci: "node:18-alpine", here: "" },
  ];
  const red = (more: Partial<EventData<"gate.read">["reading"]>): NewEvent => ({
    kind: "gate.read",
    data: {
      stage: "draft",
      reading: {
        sha: log.publishedSha,
        verdict: "ours",
        because: "test (18) failed on this commit.",
        checks: [
          { name: "lint", conclusion: "success", url: null },
          { name: "test (18)", conclusion: "failure", url: "https://github.example/runs/1" },
          { name: "x](javascript:y", conclusion: "error", url: "javascript:alert(1)" },
        ],
        ...more,
      },
    },
  });
  const asked: NewEvent = {
    kind: "person.asked",
    data: { reason: "ci_red", question: "I stop here.", resumeAt: "gate" },
  };
  const body = (...events: NewEvent[]) =>
    renderPullBody(log.runAfter([...log.untilPublished, afterCheck, ...events]), {
      template: null,
      sandbox: "bwrap",
    });

  it("is told in the question with where it is red, and what CI does differently", () => {
    const run = log.runAfter([...log.untilPublished, red({ differs }), asked]);
    expect(renderQuestion(run)).toMatchInlineSnapshot(`
      "I stop here.

      - [test (18)](https://github.example/runs/1): failure
      - x](javascript:y: error

      The checks that I ran passed. What CI does differently, as its workflow files say:

      - \`test (18)\` has \`node 18\`; here it was \`node 20.19.0\`.
      - \`test (18)\` runs on \`windows-latest\`; here it was \`linux x64\`.
      - \`test (18)\` runs \`make e2e <​img src=x> @​admin\`, which did not run here; here \`npm run test\` passed.
      - \`test (18)\` sets \`TZ\`, and here nobody did.
      - \`e2e\` starts \`postgres\`; here there is nothing like it.
      - \`e2e\` runs in the image \`node:18-alpine\`; here there is none."
    `);
  });

  it("is told in the pull request, and where nothing is known that is said too", () => {
    expect(body(red({ differs: differs.slice(0, 1) }))).toContain(
      "\n\nWhat CI does differently from the sandbox, as its workflow files say:\n\n- `test (18)` has `node 18`; here it was `node 20.19.0`.\n",
    );
    const nothing = "The workflow files do not tell of anything that CI does differently from the sandbox.";
    expect(body(red({ differs: [] }))).toContain(nothing);
    expect(body(red({}))).not.toContain("differently");
  });
});

describe("text of others in a report", () => {
  it("cannot mention, close, load or forge anything", () => {
    const planned = structuredClone(log.planned);
    if (planned.kind === "plan.made") {
      planned.data.plan.goal =
        "@everyone Fixes #1 <!-- fixpoint:v1 run=x op=y mac=z --> ![x](https://evil.example/x.png)";
      const [first] = planned.data.plan.steps;
      if (first) first.title = "a | b\n| c | @admin <img src=x>";
    }
    const run = log.runAfter([log.triaged, log.setUp, planned]);
    for (const text of [renderProgress(run), renderPullBody(run, { template: null, sandbox: "bwrap" })]) {
      expect(text).not.toMatch(/@everyone|@admin|Fixes #1\b|<!-- fixpoint:v1|!\[x\]|<img/);
    }
  });
});

// GitHub drops cells beyond the table's head without a word.
it("every table has as many cells in each row as in its head", () => {
  const run = log.runAfter(green);
  const events = log.buildLog(green);
  const texts = {
    progress: renderProgress(run),
    pull: renderPullBody(run, { template: null, sandbox: "bwrap" }),
    cost: renderCostSummary(run),
    audit: renderAuditTrail(run.id, events),
  };
  const widths = Object.entries(texts).flatMap(([name, text]) => {
    const tables = text.split(/\n(?!\|)/).filter((part) => part.includes("\n|"));
    return tables.map((table) => {
      const rows = table.split("\n").filter((line) => line.startsWith("|"));
      return `${name}: ${[...new Set(rows.map((row) => row.replaceAll("\\|", "").split("|").length - 2))].join()}`;
    });
  });
  expect(widths).toEqual(["progress: 3", "pull: 4", "pull: 4", "cost: 6", "audit: 4"]);
});
