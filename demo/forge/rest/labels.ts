import { created, noContent, ok, param, type RepositoryCall } from "../call.ts";
import { list, optionalText, text } from "../fields.ts";
import { page } from "../paging.ts";
import type { Label } from "../records/issue.ts";
import { notFound, Refusal, validationFailed } from "../refusal.ts";
import type { RepositoryRoutes } from "../router.ts";
import { shapeLabel } from "../shapes/issue.ts";
import { createLabel, emitLabel, labelIssue, unlabelIssue } from "../verbs/issue.ts";
import { callerOf, checkIssueWrite, issueOf } from "./issues.ts";

const shape = (call: RepositoryCall, label: Label) => shapeLabel(call.world, call.repository, label);

function labelOf(call: RepositoryCall): Label {
  const name = param(call, "name").toLowerCase();
  const label = call.repository.labels.find((one) => one.name.toLowerCase() === name);
  if (label === undefined) throw notFound();
  return label;
}

function checkFree(call: RepositoryCall, name: string, except?: Label): void {
  const twin = call.repository.labels.find(
    (one) => one !== except && one.name.toLowerCase() === name.toLowerCase(),
  );
  if (twin !== undefined)
    throw validationFailed({ resource: "Label", code: "already_exists", field: "name" });
}

function checkedColor(color: string): string {
  if (!/^[0-9a-f]{6}$/i.test(color))
    throw validationFailed({ resource: "Label", code: "invalid", field: "color" });
  return color.toLowerCase();
}

function checkedDescription(value: string | null): string | null {
  if (value !== null && value.length > 100) {
    throw validationFailed({
      resource: "Label",
      code: "custom",
      field: "description",
      message: "description is too long (maximum is 100 characters)",
    });
  }
  return value;
}

function create(call: RepositoryCall) {
  const name = text(call.body, "name");
  if (name.trim() === "") throw validationFailed({ resource: "Label", code: "missing_field", field: "name" });
  checkFree(call, name);
  const color = checkedColor(optionalText(call.body, "color") ?? "ededed");
  const description = checkedDescription(optionalText(call.body, "description") ?? null);
  return created(
    shape(call, createLabel(call.world, call.repository, { name, color, description }, callerOf(call))),
  );
}

function update(call: RepositoryCall) {
  const label = labelOf(call);
  const before = { ...label };
  const name = optionalText(call.body, "new_name") ?? label.name;
  checkFree(call, name, label);
  const color = checkedColor(optionalText(call.body, "color") ?? label.color);
  const description = optionalText(call.body, "description");
  label.name = name;
  label.color = color;
  if (description !== undefined) label.description = checkedDescription(description);
  const changes = {
    ...(before.name === label.name ? {} : { name: { from: before.name } }),
    ...(before.color === label.color ? {} : { color: { from: before.color } }),
    ...(before.description === label.description ? {} : { description: { from: before.description ?? "" } }),
  };
  emitLabel(call.world, call.repository, label, "edited", callerOf(call), { changes });
  return ok(shape(call, label));
}

async function remove(call: RepositoryCall) {
  const label = labelOf(call);
  call.repository.labels = call.repository.labels.filter((one) => one !== label);
  for (const issue of call.repository.issues.values())
    issue.labels = issue.labels.filter((one) => one !== label);
  emitLabel(call.world, call.repository, label, "deleted", callerOf(call));
  return noContent();
}

/** GitHub takes `{labels: [...]}` and a bare array, of names or of objects with a name. */
function namesOf(call: RepositoryCall): string[] {
  return (list(call.body, "labels") ?? []).map((item) => {
    if (typeof item === "string") return item;
    if (typeof item === "object" && item !== null && "name" in item && typeof item.name === "string")
      return item.name;
    throw validationFailed({ resource: "Label", code: "invalid", field: "name" });
  });
}

async function relabel(call: RepositoryCall, how: "add" | "replace") {
  const issue = issueOf(call);
  checkIssueWrite(call, issue);
  await labelIssue(call.world, call.repository, issue, namesOf(call), callerOf(call), how);
  return ok(issue.labels.map((label) => shape(call, label)));
}

async function takeOff(call: RepositoryCall) {
  const issue = issueOf(call);
  checkIssueWrite(call, issue);
  const name = param(call, "name").toLowerCase();
  const label = issue.labels.find((one) => one.name.toLowerCase() === name);
  if (label === undefined) throw new Refusal(404, { message: "Label does not exist" });
  await unlabelIssue(call.world, call.repository, issue, label, callerOf(call));
  return ok(issue.labels.map((one) => shape(call, one)));
}

const read = { needs: ["issues:read", "pull_requests:read"], role: "anyone" } as const;
const triage = { needs: ["issues:write", "pull_requests:write"], role: "triage" } as const;
const write = { needs: ["issues:write", "pull_requests:write"], role: "write" } as const;

export const labelRoutes: RepositoryRoutes = {
  "GET /repos/:owner/:repo/labels": {
    ...read,
    run: (call) => page(call, call.repository.labels, (label) => shape(call, label)),
  },
  "POST /repos/:owner/:repo/labels": { ...write, run: create },
  "GET /repos/:owner/:repo/labels/:name": { ...read, run: (call) => ok(shape(call, labelOf(call))) },
  "PATCH /repos/:owner/:repo/labels/:name": { ...write, run: update },
  "DELETE /repos/:owner/:repo/labels/:name": { ...write, run: remove },
  "GET /repos/:owner/:repo/issues/:number/labels": {
    ...read,
    run: (call) => page(call, issueOf(call).labels, (label) => shape(call, label)),
  },
  "POST /repos/:owner/:repo/issues/:number/labels": { ...triage, run: (call) => relabel(call, "add") },
  "PUT /repos/:owner/:repo/issues/:number/labels": { ...triage, run: (call) => relabel(call, "replace") },
  "DELETE /repos/:owner/:repo/issues/:number/labels": {
    ...triage,
    run: async (call) => {
      const issue = issueOf(call);
      await labelIssue(call.world, call.repository, issue, [], callerOf(call), "replace");
      return noContent();
    },
  },
  "DELETE /repos/:owner/:repo/issues/:number/labels/:name": { ...triage, run: takeOff },
};
