import { describe, expect, it } from "vitest";
import { commandSchema } from "../../src/commands/command.ts";
import { translate } from "../../src/webhooks/translate.ts";
import type { WantedEvent } from "../../src/webhooks/wanted-events.ts";
import { example, type Payload } from "./payload-examples.ts";

const rules = { appId: 4711, label: "agent-fix", botIds: [49_699_333] };
const id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const from = {
  deliveryId: id,
  installationId: 4242,
  repository: { id: 186_853_002, owner: "Codertocat", name: "Hello-World", installationId: 4242 },
  actor: { id: 21_031_067, login: "Codertocat" },
};
const ours = { number: 9, head: { ref: "agent/issue-7", repo: { id: 186_853_002 } } };
const review = { kind: "review", ...from, number: 9, branch: "agent/issue-7", reviewId: 237_895_671 };

function read(name: string, changes: Payload) {
  const event = name.split(".")[0] as WantedEvent;
  const translation = translate({ id, event, payload: example(name, changes) }, rules);
  if (translation.outcome !== "asked") return translation.outcome;
  for (const command of translation.commands) expect(commandSchema.parse(command)).toEqual(command);
  return translation.commands;
}

const submitted = (state: string, changes: Payload = {}) =>
  read("pull_request_review.submitted", { pull_request: ours, review: { state }, ...changes });
const commented = (body: string, changes: Payload = {}) =>
  read("pull_request_review_comment.created", { pull_request: ours, comment: { body }, ...changes });

describe("a review of our pull request", () => {
  it("that requests changes is passed on by its id", () => {
    expect(submitted("changes_requested")).toEqual([{ ...review, commentId: null }]);
  });

  it.each(["approved", "commented", "dismissed"])("that is %s asks for nothing", (state) => {
    expect(submitted(state)).toBe("ignored");
  });

  it.each([
    ["another branch", { ...ours, head: { ...ours.head, ref: "feature" } }],
    ["a fork's branch with a name like ours", { ...ours, head: { ...ours.head, repo: { id: 1 } } }],
  ])("from %s is nobody's business", (_, pull_request) => {
    expect(submitted("changes_requested", { pull_request })).toBe("ignored");
    expect(commented("/agent do it", { pull_request })).toBe("ignored");
  });

  it("by a bot that is not on the list is ignored, as everywhere", () => {
    const sender = { id: 555, login: "helper[bot]", type: "Bot" };
    expect(submitted("changes_requested", { sender })).toBe("ignored");
    expect(commented("/agent do it", { sender })).toBe("ignored");
  });
});

describe("a comment at a line of our pull request", () => {
  it.each(["/agent call it sofar", "/agent stop using var here", "/agent retry with a loop"])(
    "that says %j is about the code, and means its review",
    (body) => {
      expect(commented(body)).toEqual([{ ...review, commentId: 284_312_630 }]);
    },
  );

  it.each(["stop", "retry", "status", "help"])(
    "that says `/agent %s` and nothing else is that command",
    (verb) => {
      expect(commented(`/agent ${verb}\n`)).toMatchObject([
        { kind: "ask", on: "review_thread", number: 9, commentId: 284_312_630, asked: { verb } },
      ]);
    },
  );

  it.each(["Looks good.", "> /agent stop", "Say `/agent stop`."])("that says %j is none of ours", (body) => {
    expect(commented(body)).toBe("ignored");
  });
});
