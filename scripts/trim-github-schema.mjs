#!/usr/bin/env node
// Cuts GitHub's published OpenAPI description down to the endpoints that the local forge speaks, for the contract tests.
// The whole of it unpacks to some 400 MB, which is why it is no dependency. To make the cut anew:
//
//   cd "$(mktemp -d)" && npm pack @octokit/openapi && tar xzf *.tgz
//   node scripts/trim-github-schema.mjs ./package > test/contract/schemas/github-rest.json
//
// What is kept: for each endpoint and status the schema of its JSON answer, and the components that it refers to. What is dropped:
// prose, examples and GitHub's own extensions. OpenAPI 3.0's `nullable` becomes a type, so that any JSON Schema reader understands it.
import { readFileSync } from "node:fs";
import path from "node:path";

const ENDPOINTS = `
GET /app
GET /app/hook/deliveries
GET /app/hook/deliveries/{delivery_id}
POST /app/hook/deliveries/{delivery_id}/attempts
GET /app/installations
GET /app/installations/{installation_id}
DELETE /app/installations/{installation_id}
POST /app/installations/{installation_id}/access_tokens
PUT /app/installations/{installation_id}/suspended
DELETE /app/installations/{installation_id}/suspended
GET /installation/repositories
DELETE /installation/token
GET /rate_limit
GET /user
GET /users/{username}
GET /repos/{owner}/{repo}
PATCH /repos/{owner}/{repo}
GET /repos/{owner}/{repo}/actions/jobs/{job_id}
POST /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun
GET /repos/{owner}/{repo}/actions/runs
GET /repos/{owner}/{repo}/actions/runs/{run_id}
POST /repos/{owner}/{repo}/actions/runs/{run_id}/approve
POST /repos/{owner}/{repo}/actions/runs/{run_id}/cancel
GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs
POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun
POST /repos/{owner}/{repo}/actions/runs/{run_id}/rerun-failed-jobs
GET /repos/{owner}/{repo}/actions/workflows
GET /repos/{owner}/{repo}/branches
GET /repos/{owner}/{repo}/branches/{branch}
GET /repos/{owner}/{repo}/branches/{branch}/protection
POST /repos/{owner}/{repo}/check-runs
GET /repos/{owner}/{repo}/check-runs/{check_run_id}
PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}
GET /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations
POST /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest
GET /repos/{owner}/{repo}/check-suites/{check_suite_id}
GET /repos/{owner}/{repo}/check-suites/{check_suite_id}/check-runs
POST /repos/{owner}/{repo}/check-suites/{check_suite_id}/rerequest
GET /repos/{owner}/{repo}/collaborators/{username}
GET /repos/{owner}/{repo}/collaborators/{username}/permission
GET /repos/{owner}/{repo}/commits
GET /repos/{owner}/{repo}/commits/{ref}
GET /repos/{owner}/{repo}/commits/{ref}/check-runs
GET /repos/{owner}/{repo}/commits/{ref}/check-suites
GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls
GET /repos/{owner}/{repo}/commits/{ref}/status
GET /repos/{owner}/{repo}/commits/{ref}/statuses
GET /repos/{owner}/{repo}/compare/{basehead}
GET /repos/{owner}/{repo}/contents/{path}
POST /repos/{owner}/{repo}/git/blobs
GET /repos/{owner}/{repo}/git/blobs/{file_sha}
POST /repos/{owner}/{repo}/git/commits
GET /repos/{owner}/{repo}/git/commits/{commit_sha}
GET /repos/{owner}/{repo}/git/matching-refs/{ref}
GET /repos/{owner}/{repo}/git/ref/{ref}
POST /repos/{owner}/{repo}/git/refs
PATCH /repos/{owner}/{repo}/git/refs/{ref}
DELETE /repos/{owner}/{repo}/git/refs/{ref}
POST /repos/{owner}/{repo}/git/trees
GET /repos/{owner}/{repo}/git/trees/{tree_sha}
GET /repos/{owner}/{repo}/installation
GET /repos/{owner}/{repo}/issues
POST /repos/{owner}/{repo}/issues
GET /repos/{owner}/{repo}/issues/comments
GET /repos/{owner}/{repo}/issues/comments/{comment_id}
PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}
DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}
GET /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions
POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions
DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}
GET /repos/{owner}/{repo}/issues/{issue_number}
PATCH /repos/{owner}/{repo}/issues/{issue_number}
POST /repos/{owner}/{repo}/issues/{issue_number}/assignees
GET /repos/{owner}/{repo}/issues/{issue_number}/comments
POST /repos/{owner}/{repo}/issues/{issue_number}/comments
GET /repos/{owner}/{repo}/issues/{issue_number}/events
GET /repos/{owner}/{repo}/issues/{issue_number}/labels
POST /repos/{owner}/{repo}/issues/{issue_number}/labels
PUT /repos/{owner}/{repo}/issues/{issue_number}/labels
DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels
DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}
PUT /repos/{owner}/{repo}/issues/{issue_number}/lock
DELETE /repos/{owner}/{repo}/issues/{issue_number}/lock
GET /repos/{owner}/{repo}/issues/{issue_number}/reactions
POST /repos/{owner}/{repo}/issues/{issue_number}/reactions
DELETE /repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}
GET /repos/{owner}/{repo}/labels
POST /repos/{owner}/{repo}/labels
GET /repos/{owner}/{repo}/labels/{name}
PATCH /repos/{owner}/{repo}/labels/{name}
DELETE /repos/{owner}/{repo}/labels/{name}
GET /repos/{owner}/{repo}/pulls
POST /repos/{owner}/{repo}/pulls
GET /repos/{owner}/{repo}/pulls/comments
GET /repos/{owner}/{repo}/pulls/comments/{comment_id}
PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}
DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}
GET /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions
POST /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions
DELETE /repos/{owner}/{repo}/pulls/comments/{comment_id}/reactions/{reaction_id}
GET /repos/{owner}/{repo}/pulls/{pull_number}
PATCH /repos/{owner}/{repo}/pulls/{pull_number}
GET /repos/{owner}/{repo}/pulls/{pull_number}/comments
POST /repos/{owner}/{repo}/pulls/{pull_number}/comments
POST /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies
GET /repos/{owner}/{repo}/pulls/{pull_number}/commits
GET /repos/{owner}/{repo}/pulls/{pull_number}/files
GET /repos/{owner}/{repo}/pulls/{pull_number}/merge
PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge
GET /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
DELETE /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews
POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews
GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}
GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/comments
PUT /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/dismissals
POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews/{review_id}/events
PUT /repos/{owner}/{repo}/pulls/{pull_number}/update-branch
GET /repos/{owner}/{repo}/rules/branches/{branch}
GET /repos/{owner}/{repo}/rulesets
POST /repos/{owner}/{repo}/statuses/{sha}
`;

const [packageDir] = process.argv.slice(2);
if (packageDir === undefined) {
  console.error("Give the directory of an unpacked @octokit/openapi package. See the head of this script.");
  process.exit(2);
}

const { version } = JSON.parse(readFileSync(path.join(packageDir, "package.json"), "utf8"));
const description = JSON.parse(readFileSync(path.join(packageDir, "generated/api.github.com.json"), "utf8"));

const DROPPED = new Set([
  "description",
  "example",
  "examples",
  "title",
  "externalDocs",
  "deprecated",
  "default",
  "readOnly",
  "writeOnly",
  "xml",
]);

/** A schema as plain JSON Schema: without prose, and with `null` as a type. */
function clean(schema) {
  if (Array.isArray(schema)) return schema.map(clean);
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === "nullable" || key.startsWith("x-") || DROPPED.has(key)) continue;
    // A property may well be called `title`: inside `properties` names are no keywords.
    kept[key] = key === "properties" || key === "patternProperties" ? cleanEach(value) : clean(value);
  }
  if (schema.nullable !== true) return kept;
  if (Array.isArray(kept.enum) && !kept.enum.includes(null)) kept.enum.push(null);
  if (typeof kept.type === "string") return { ...kept, type: [kept.type, "null"] };
  return { anyOf: [kept, { type: "null" }] };
}

const cleanEach = (properties) =>
  Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, clean(value)]));

const resolve = (value) =>
  value?.$ref === undefined
    ? value
    : value.$ref
        .slice(2)
        .split("/")
        .reduce((at, key) => at[key], description);

const operations = {};
for (const endpoint of ENDPOINTS.trim().split("\n")) {
  const [method, template] = endpoint.split(" ");
  const operation = description.paths[template]?.[method.toLowerCase()];
  if (operation === undefined) throw new Error(`GitHub does not document ${endpoint}.`);
  const answers = {};
  for (const [status, reference] of Object.entries(operation.responses)) {
    const schema = resolve(reference).content?.["application/json"]?.schema;
    // `null` stands for an answer without a documented JSON body.
    answers[status] = schema === undefined ? null : clean(schema);
  }
  operations[endpoint] = answers;
}

const schemas = {};
const pending = [JSON.stringify(operations)];
while (pending.length > 0) {
  for (const [, name] of pending.pop().matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (schemas[name] !== undefined) continue;
    schemas[name] = clean(description.components.schemas[name]);
    pending.push(JSON.stringify(schemas[name]));
  }
}

const sorted = Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
process.stdout.write(
  `${JSON.stringify({ source: `@octokit/openapi ${version}`, operations, components: { schemas: sorted } })}\n`,
);
