import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { beforeAll, describe, expect, it } from "vitest";
import type { Hook } from "../forge/support/forge.ts";
import { createReader } from "./forge-story/schema.ts";
import { tellStory } from "./forge-story/tell.ts";

type Schema = { [key: string]: unknown };
type Description = {
  webhooks: Record<
    string,
    { post: { requestBody: { content: { "application/json": { schema: Schema } } } } }
  >;
  components: { schemas: Record<string, Schema> };
};

const file = createRequire(import.meta.url).resolve(
  "@octokit/openapi-webhooks/generated/api.github.com.json",
);
const description = JSON.parse(readFileSync(file, "utf8")) as Description;

/** What the forge can send; the story has to make it send each of these. */
const SENT = [
  "check_run.completed",
  "check_run.created",
  "check_run.requested_action",
  "check_run.rerequested",
  "check_suite.completed",
  "check_suite.requested",
  "check_suite.rerequested",
  "create",
  "delete",
  "installation.created",
  "installation.deleted",
  "installation.new_permissions_accepted",
  "installation.suspend",
  "installation.unsuspend",
  "installation_repositories.added",
  "installation_repositories.removed",
  "issue_comment.created",
  "issue_comment.deleted",
  "issue_comment.edited",
  "issues.assigned",
  "issues.closed",
  "issues.deleted",
  "issues.edited",
  "issues.labeled",
  "issues.locked",
  "issues.opened",
  "issues.reopened",
  "issues.unlabeled",
  "issues.unlocked",
  "label.created",
  "label.deleted",
  "label.edited",
  "pull_request.closed",
  "pull_request.converted_to_draft",
  "pull_request.edited",
  "pull_request.labeled",
  "pull_request.opened",
  "pull_request.ready_for_review",
  "pull_request.reopened",
  "pull_request.review_request_removed",
  "pull_request.review_requested",
  "pull_request.synchronize",
  "pull_request.unlabeled",
  "pull_request_review.dismissed",
  "pull_request_review.submitted",
  "pull_request_review_comment.created",
  "pull_request_review_comment.deleted",
  "pull_request_review_comment.edited",
  "push",
  "repository.archived",
  "repository.deleted",
  "repository.privatized",
  "repository.publicized",
  "repository.renamed",
  "repository.transferred",
  "repository.unarchived",
  "status",
  "workflow_job.completed",
  "workflow_job.in_progress",
  "workflow_job.queued",
  "workflow_run.completed",
  "workflow_run.in_progress",
  "workflow_run.requested",
];

/** Fields that GitHub sends everywhere and describes in some places only, in others of this same description not. */
const DESCRIBED_ELSEWHERE = ["user_view_type", "client_id", "display_title"];

/** The list of events that an app may subscribe to is older, in some schemas, than `workflow_job`. */
const isKnownGap = (fault: string): boolean =>
  /\/events\/\d+ must be equal to one of/.test(fault) ||
  DESCRIBED_ELSEWHERE.some((field) =>
    fault.endsWith(`must NOT have additional properties {"additionalProperty":"${field}"}`),
  );

const nameOf = ({ headers, payload }: Hook) =>
  [headers["x-github-event"], payload["action"]].filter((part) => part !== undefined).join(".");

describe("the forge's webhooks, held against GitHub's own description", () => {
  const sent = new Map<string, Hook[]>();
  beforeAll(async () => {
    for (const hook of (await tellStory()).hooks)
      sent.set(nameOf(hook), [...(sent.get(nameOf(hook)) ?? []), hook]);
  }, 120_000);

  const readers = { open: createReader(description, "open"), closed: createReader(description, "closed") };

  function faultsOf(name: string, how: "open" | "closed"): string[] {
    const schema =
      description.webhooks[name.replace(".", "-").replaceAll("_", "-")]?.post.requestBody.content[
        "application/json"
      ].schema;
    if (schema === undefined) return ["GitHub does not document this webhook"];
    const read = readers[how](schema);
    return [...new Set((sent.get(name) ?? []).flatMap((hook) => read(hook.payload)))].filter(
      (fault) => !isKnownGap(fault),
    );
  }

  it.each(SENT)("%s is sent with GitHub's shape", (name) => {
    expect(sent.get(name)?.length ?? 0).toBeGreaterThan(0);
    expect(faultsOf(name, "open").join("\n")).toBe("");
  });

  it.each(SENT)("%s carries no field that GitHub does not document", (name) => {
    expect(faultsOf(name, "closed").join("\n")).toBe("");
  });

  it("sends nothing else", () => {
    expect([...sent.keys()].filter((name) => !SENT.includes(name))).toEqual([]);
  });
});
