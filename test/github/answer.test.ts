import { describe, expect, it } from "vitest";
import { AskPerson, LeaseLost } from "../../src/errors.ts";
import { GraphqlErrors, RepositoryMoved, readAnswer, UnreadableAnswer } from "../../src/github/answer.ts";
import { NOW } from "./support.ts";

const http = (status: number, message: string, headers: object = {}, errors?: unknown) =>
  Object.assign(new Error(message), { status, response: { headers, data: { message, errors } } });
const kindOf = (error: unknown) => readAnswer(error, NOW)?.kind ?? null;

describe("an answer of GitHub", () => {
  it.each([
    ["rate_limited", http(429, "Too Many Requests")],
    ["rate_limited", http(403, "You have exceeded a secondary rate limit")],
    ["rate_limited", http(403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" })],
    ["rate_limited", http(403, "Forbidden", { "retry-after": "3" })],
    ["not_permitted", http(401, "Bad credentials")],
    ["not_permitted", http(403, "Resource not accessible by integration", { "x-ratelimit-remaining": "41" })],
    ["refused", http(403, "Repository was archived so is read-only.")],
    ["refused", http(403, "Unable to create comment because issue is locked")],
    ["gone", http(404, "Not Found")],
    ["gone", http(410, "This issue was deleted")],
    ["gone", http(451, "Repository access blocked")],
    ["moved", http(301, "Moved Permanently")],
    ["moved", new RepositoryMoved()],
    ["already_there", http(422, "Reference already exists")],
    [
      "already_there",
      http(422, "Validation Failed", {}, [{ resource: "Label", field: "name", code: "already_exists" }]),
    ],
    [
      "already_there",
      http(422, "Validation Failed", {}, [{ message: "A pull request already exists for acme:x." }]),
    ],
    ["refused", http(422, "Validation Failed", {}, ["body is too long (maximum is 65536 characters)"])],
    ["refused", http(409, "Git Repository is empty.")],
    ["refused", http(400, "Problems parsing JSON")],
    ["unclear", http(500, "Server Error")],
    ["unclear", http(504, "Gateway Timeout")],
    ["unclear", http(408, "Request Timeout")],
    ["unclear", Object.assign(new Error("socket hang up"), { status: 500 })],
    ["unclear", new UnreadableAnswer("200 with a body that is not JSON")],
    ["unclear", new GraphqlErrors([{ message: "Something went wrong while executing your query" }], {})],
    ["rate_limited", new GraphqlErrors([{ type: "RATE_LIMITED", message: "API rate limit exceeded" }], {})],
    [
      "not_permitted",
      new GraphqlErrors([{ type: "FORBIDDEN", message: "Resource not accessible by integration" }], {}),
    ],
    ["gone", new GraphqlErrors([{ type: "NOT_FOUND", message: "Could not resolve to a node" }], {})],
    ["refused", new GraphqlErrors([{ type: "UNPROCESSABLE", message: "not a draft" }], {})],
    [null, new TypeError("a defect of ours")],
    [null, new AskPerson("github", "?")],
    [null, new LeaseLost("gone")],
    [null, "a string"],
  ])("is %s: %s", (kind, error) => {
    expect(kindOf(error)).toBe(kind);
  });

  it("carries every word of the refusal", () => {
    expect(
      readAnswer(
        http(422, "Validation Failed", {}, [
          { resource: "PullRequest", field: "head", code: "invalid" },
          "and more",
        ]),
        NOW,
      ),
    ).toEqual({
      kind: "refused",
      status: 422,
      message: "Validation Failed: PullRequest head invalid: and more",
    });
  });
});
