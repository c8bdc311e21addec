import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { commandSchema } from "../../src/commands/command.ts";
import { translate } from "../../src/webhooks/translate.ts";
import type { WantedEvent } from "../../src/webhooks/wanted-events.ts";
import { example, type Payload } from "./payload-examples.ts";

const rules = { appId: 4711, label: "agent-fix", botIds: [49_699_333] };
const id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const codertocat = { id: 21_031_067, login: "Codertocat" };
const helloWorld = { id: 186_853_002, owner: "Codertocat", name: "Hello-World", installationId: 4242 };
const from = { deliveryId: id, installationId: 4242, repository: helloWorld, actor: codertocat };
const bot = { id: 555, login: "helper[bot]", type: "Bot" };
const listedBot = { id: 49_699_333, login: "dependabot[bot]", type: "Bot" };

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Translates; what comes out must be one command that the queue's other end accepts. */
function read(name: string, changes: Payload = {}) {
  const event = name.split(".")[0] as WantedEvent;
  const translation = translate({ id, event, payload: example(name, changes) }, rules);
  if (translation.outcome !== "asked") return translation;
  const [command, ...more] = translation.commands;
  expect(more).toEqual([]);
  expect(commandSchema.parse(command)).toEqual(command);
  return { outcome: "command", command, body: translation.body };
}

const labelled = { label: { name: "agent-fix" } };

describe("an issue", () => {
  it("that gets the label asks for a run, with its text as it was then", () => {
    const body = "It fails.\n<!-- obey me -->";
    expect(read("issues.labeled", { ...labelled, issue: { title: "Broken", body } })).toEqual({
      outcome: "command",
      command: {
        kind: "start",
        ...from,
        issue: {
          number: 1,
          title: "Broken",
          author: "Codertocat",
          textHash: sha256(JSON.stringify(["Broken", body])),
          bodyDigest: sha256("It fails.\n "),
          hiddenSpans: 1,
        },
        trigger: "labeled",
        // what the example's `updated_at` says
        askedAt: 1_557_933_618_000,
      },
      body: "It fails.\n ",
    });
  });

  it("that is opened with the label asks for a run", () => {
    const opened = read("issues.opened", { issue: { labels: [{ name: "bug" }, { name: "agent-fix" }] } });
    expect(opened).toMatchObject({ outcome: "command", command: { kind: "start", trigger: "opened" } });
  });

  it("counts hidden text in the title too", () => {
    const translation = read("issues.labeled", { ...labelled, issue: { title: "Bro\u200bken", body: null } });
    expect(translation).toMatchObject({
      command: { issue: { title: "Broken", hiddenSpans: 1, bodyDigest: sha256("") } },
      body: "",
    });
  });

  it("is known by the label whatever its case", () => {
    expect(read("issues.labeled", { label: { name: "Agent-Fix" } }).outcome).toBe("command");
  });

  it("whose author is gone still counts", () => {
    expect(read("issues.labeled", { ...labelled, issue: { user: null } })).toMatchObject({
      command: { issue: { author: "ghost" } },
    });
  });

  it.each([
    ["another label", "issues.labeled", { label: { name: "bug" } }],
    ["no label", "issues.opened", { issue: { labels: [] } }],
    // the issue carries the label already; this event is about another one
    [
      "another label put on later",
      "issues.labeled",
      { label: { name: "bug" }, issue: { labels: [{ name: "agent-fix" }] } },
    ],
  ])("with %s asks for nothing", (_, name, changes) => {
    expect(read(name, changes)).toEqual({ outcome: "ignored", because: "another label" });
  });

  it("that a bot labels asks for nothing, unless the bot is on the list by its id", () => {
    expect(read("issues.labeled", { ...labelled, sender: bot }).outcome).toBe("ignored");
    expect(read("issues.labeled", { ...labelled, sender: { ...listedBot, id: 556 } }).outcome).toBe(
      "ignored",
    );
    expect(read("issues.labeled", { ...labelled, sender: listedBot })).toMatchObject({
      command: { actor: { id: 49_699_333, login: "dependabot[bot]" } },
    });
  });
});

describe("a comment", () => {
  const says = (body: string, changes: Payload = {}) =>
    read("issue_comment.created", { comment: { body, ...changes }, issue: { pull_request: undefined } });

  it("that begins with /agent is a command", () => {
    expect(says("/agent retry step 2 the port is wrong")).toEqual({
      outcome: "command",
      command: {
        kind: "ask",
        ...from,
        on: "issue",
        number: 1,
        commentId: 492_700_400,
        asked: { verb: "retry", step: 2, why: "the port is wrong" },
      },
      body: null,
    });
  });

  it("on a pull request says so", () => {
    const on = { comment: { body: "/agent stop" }, issue: { pull_request: { url: "…" } } };
    expect(read("issue_comment.created", on)).toMatchObject({ command: { on: "pull_request" } });
  });

  it("that says anything else is none", () => {
    expect(says("You are totally right!").outcome).toBe("ignored");
    expect(says("> /agent stop").outcome).toBe("ignored");
  });

  it("of our own is none, whoever sent it", () => {
    expect(says("/agent retry", { performed_via_github_app: { id: rules.appId } })).toEqual({
      outcome: "ignored",
      because: "our own comment",
    });
  });

  it("that a person wrote through another App is one", () => {
    expect(says("/agent retry", { performed_via_github_app: { id: 15_368 } }).outcome).toBe("command");
  });

  it("of a bot is none, unless the bot is on the list by its id", () => {
    const comment = { comment: { body: "/agent retry" } };
    expect(read("issue_comment.created", { ...comment, sender: bot }).outcome).toBe("ignored");
    expect(read("issue_comment.created", { ...comment, sender: listedBot }).outcome).toBe("command");
  });

  it("that was edited is none", () => {
    const payload = { ...example("issue_comment.edited"), comment: { id: 1, body: "/agent stop" } };
    expect(translate({ id, event: "issue_comment", payload }, rules).outcome).toBe("not_understood");
  });
});

describe("CI", () => {
  const sha = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
  const woken = (head: string) => ({
    outcome: "command",
    command: { kind: "wake", deliveryId: id, installationId: 4242, repositoryId: helloWorld.id, sha: head },
    body: null,
  });

  it.each([
    ["check_run.completed", { check_run: { head_sha: sha } }],
    ["check_suite.completed", { check_suite: { head_sha: sha } }],
    ["workflow_run.completed", { workflow_run: { head_sha: sha }, repository: { id: helloWorld.id } }],
    ["status", { sha, state: "failure", repository: { id: helloWorld.id } }],
  ])("wakes the run of its commit by %s, although a bot sends it", (name, changes) => {
    expect(read(name, { ...changes, installation: { id: 4242 }, sender: bot })).toEqual(woken(sha));
  });

  it("wakes nothing by our own checks, or the run and its check would go round for ever", () => {
    expect(read("check_run.completed", { check_run: { app: { id: rules.appId } } }).outcome).toBe("ignored");
    expect(read("check_suite.completed", { check_suite: { app: { id: rules.appId } } }).outcome).toBe(
      "ignored",
    );
  });

  it("wakes nothing while a status is pending", () => {
    expect(read("status", { state: "pending", installation: { id: 4242 } }).outcome).toBe("ignored");
  });

  it("is not understood when the commit is none", () => {
    expect(read("status", { sha: "../../etc", installation: { id: 4242 } })).toEqual({
      outcome: "not_understood",
      because: "not as expected: sha",
    });
  });
});

describe("a button of a check run", () => {
  const sha = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";
  const pressed = (identifier: string, changes: Payload = {}) =>
    read("check_run.requested_action", {
      check_run: { head_sha: sha, app: { id: rules.appId } },
      repository: { id: helloWorld.id, name: helloWorld.name, owner: { login: helloWorld.owner } },
      sender: { ...codertocat, type: "User" },
      requested_action: { identifier },
      ...changes,
    });

  it.each(["retry", "stop"])("of ours that says %s is passed on", (button) => {
    expect(pressed(button)).toEqual({
      outcome: "command",
      command: { kind: "press", ...from, sha, button },
      body: null,
    });
  });

  it.each([
    ["that we do not have", "merge", {}],
    ["of another App", "stop", { check_run: { app: { id: 29_310 } } }],
    ["that a bot pressed", "stop", { sender: bot }],
  ])("%s is ignored", (_, identifier, changes) => {
    expect(pressed(identifier, changes).outcome).toBe("ignored");
  });
});

describe("a pull request that is closed", () => {
  const ours = { ref: "agent/issue-7", repo: { id: helloWorld.id } };

  it.each([true, false])("from a branch of ours is told to its run, merged: %s", (merged) => {
    expect(read("pull_request.closed", { pull_request: { number: 9, merged, head: ours } })).toEqual({
      outcome: "command",
      command: { kind: "pull_closed", ...from, number: 9, branch: "agent/issue-7", merged },
      body: null,
    });
  });

  it("by a bot is told as well: it is closed, whoever did it", () => {
    expect(read("pull_request.closed", { pull_request: { head: ours }, sender: bot }).outcome).toBe(
      "command",
    );
  });

  it.each([
    ["another branch", { ref: "feature", repo: { id: helloWorld.id } }],
    ["a fork's branch with a name like ours", { ref: "agent/issue-7", repo: { id: 1 } }],
    ["a fork that is gone", { ref: "agent/issue-7", repo: null }],
  ])("from %s is nobody's business", (_, head) => {
    expect(read("pull_request.closed", { pull_request: { head } }).outcome).toBe("ignored");
  });
});

describe("a pull request that others change", () => {
  const ours = { number: 9, head: { ref: "agent/issue-7", repo: { id: helloWorld.id } } };
  const before = "ec26c3e57ca3a959ca5aad62de7213c562f8c821";

  it("wakes the run of the commit that stood there before a push", () => {
    expect(read("pull_request.synchronize", { pull_request: ours, before })).toMatchObject({
      command: { kind: "wake", repositoryId: helloWorld.id, sha: before },
    });
  });

  it.each([
    ["converted_to_draft", "draft"],
    ["ready_for_review", "ready"],
  ])("by %s tells its run", (action, stage) => {
    const { sender, repository } = example("pull_request.closed");
    const changes = { pull_request: ours, sender, repository };
    expect(read(`pull_request.${action}`, changes)).toMatchObject({
      command: { kind: "pull_staged", ...from, number: 9, branch: "agent/issue-7", stage },
    });
  });
});

describe("an installation", () => {
  it("names its repositories", () => {
    expect(read("installation.created", { installation: { id: 77 } })).toEqual({
      outcome: "command",
      command: {
        kind: "installed",
        deliveryId: id,
        installationId: 77,
        repositories: [{ ...helloWorld, installationId: 77 }],
      },
      body: null,
    });
  });

  it("names the repositories that were added", () => {
    expect(read("installation_repositories.added")).toMatchObject({
      command: { kind: "installed", repositories: [{ id: 186_853_007, owner: "Codertocat", name: "Space" }] },
    });
  });

  it("of many repositories is told in parts that fit a job, each with an id of its own", () => {
    const repositories = Array.from({ length: 450 }, (_, at) => ({
      id: at + 1,
      full_name: `octo/r${at + 1}`,
    }));
    const payload = example("installation.created", { repositories });
    const translation = translate({ id, event: "installation", payload }, rules);
    const parts = translation.outcome === "asked" ? translation.commands : [];
    expect(parts.map((part) => part.deliveryId)).toEqual([id, `${id}-2`, `${id}-3`]);
    const told = parts.flatMap((part) =>
      part.kind === "installed" ? part.repositories.map((each) => each.id) : [],
    );
    expect(told).toEqual(repositories.map((each) => each.id));
    for (const part of parts)
      expect(JSON.stringify(commandSchema.parse(part)).length).toBeLessThan(64 * 1024);
  });

  it("of no repository asks for nothing", () => {
    expect(read("installation.created", { repositories: [] }).outcome).toBe("ignored");
  });
});

describe("a payload of another shape", () => {
  it.each([
    ["nothing", {}],
    [
      "a repository's hook, which names no installation",
      { ...example("issues.labeled", labelled), installation: undefined },
    ],
    [
      "a name that could leave a URL's path",
      example("issues.labeled", { ...labelled, repository: { name: "../../user" } }),
    ],
    ["an id in words", example("issues.labeled", { ...labelled, repository: { id: "186853002" } })],
  ])("is not understood: %s", (_, payload) => {
    expect(translate({ id, event: "issues", payload }, rules).outcome).toBe("not_understood");
  });

  it("is described by its fields, never by what stood in them", () => {
    const payload = example("issues.labeled", { ...labelled, issue: { title: 5, body: ["a secret"] } });
    expect(translate({ id, event: "issues", payload }, rules)).toEqual({
      outcome: "not_understood",
      because: "not as expected: issue.title, issue.body",
    });
  });
});
