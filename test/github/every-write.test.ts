import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Fault } from "../../demo/forge/levers.ts";
import { AskPerson, TryLater } from "../../src/errors.ts";
import { newRecord } from "./support.ts";
import { openWrites, type Prepared, type Writes } from "./writes.ts";

/** What GitHub can answer to a write, for each kind of write that there is, on a whole GitHub. */
let writes: Writes;
beforeAll(async () => {
  writes = await openWrites();
});
afterEach(() => writes.forge.levers.clear());
afterAll(() => writes.close());

const forEver = Number.POSITIVE_INFINITY;

interface Seen {
  came: string;
  things: number;
  /** requests that were made to write it */
  calls: number;
}

/** Makes one thing of this kind while the fault strikes its request so many times. */
async function makeUnder(
  prepared: Prepared,
  fault: Fault,
  times: number,
  record = newRecord().record,
): Promise<Seen> {
  const { forge } = writes;
  const before = forge.requests.length;
  forge.levers.fault({ ...prepared.strikes, times }, fault);
  const came = await prepared.make(record).then(() => "made", sayWhy);
  forge.levers.clear();
  const { method, path } = prepared.strikes;
  const calls = forge.requests
    .slice(before)
    .filter((each) => each.method === method && path.test(each.path)).length;
  return { came, things: await prepared.count(), calls };
}

function sayWhy(error: unknown): string {
  if (error instanceof TryLater) return `later, after ${error.afterMs / 1_000} s`;
  if (error instanceof AskPerson) return `asked (${error.reason}): ${error.question}`;
  throw error;
}

/** The same for every kind, and what each came to. */
async function forEveryKind(fault: Fault, times = 1): Promise<{ [kind: string]: Seen }> {
  const all: { [kind: string]: Seen } = {};
  for (const [kind, prepare] of Object.entries(writes.kinds)) {
    all[kind] = await makeUnder(await prepare(), fault, times);
  }
  return all;
}

const each = (seen: Seen, but: { [kind: string]: Partial<Seen> } = {}) =>
  Object.fromEntries(Object.keys(writes.kinds).map((kind) => [kind, { ...seen, ...but[kind] }]));

// Each row makes every kind of thing on a real git, which takes a while on a busy machine.
describe("every kind of write", { timeout: 90_000 }, () => {
  it("that is answered by 503 and not done is made by the second call, once", async () => {
    expect(await forEveryKind({ status: 503 })).toEqual(each({ came: "made", things: 1, calls: 2 }));
  });

  it.each<[string, Fault]>([
    ["502", { status: 502, applied: true }],
    ["a reset connection", { dropAfter: true }],
    ["half of the JSON", { truncate: 40 }],
  ])("that is done and answered by %s is found, and not made twice", async (_, fault) => {
    // A commit is on no branch yet and cannot be found: its twin is on none for ever. A reaction is asked for again, and is the same one.
    const but = { "commit.create": { calls: 2 }, "reaction.add": { calls: 2 } };
    expect(await forEveryKind(fault)).toEqual(each({ came: "made", things: 1, calls: 1 }, but));
  });

  it("that meets an expired token is made with a new one, once", async () => {
    const minted = () => writes.forge.requests.filter((one) => one.path.endsWith("/access_tokens")).length;
    const before = minted();
    expect(await forEveryKind({ status: 401, body: { message: "Bad credentials" } })).toEqual(
      each({ came: "made", things: 1, calls: 2 }),
    );
    expect(minted() - before).toBe(Object.keys(writes.kinds).length);
  });

  it.each<[string, Fault, string]>([
    ["a limit with retry-after", { status: 429, headers: { "retry-after": "17" } }, "later, after 17 s"],
    [
      "a secondary limit that names no time",
      { status: 403, body: { message: "You have exceeded a secondary rate limit." } },
      "later, after 60 s",
    ],
  ])("that meets %s makes no further call, and is made once later", async (_, fault, came) => {
    const first: { [kind: string]: Seen } = {};
    const later: { [kind: string]: Seen } = {};
    for (const [kind, prepare] of Object.entries(writes.kinds)) {
      const { record } = newRecord();
      const prepared = await prepare();
      first[kind] = await makeUnder(prepared, fault, 1, record);
      later[kind] = await makeUnder(prepared, fault, 0, record);
    }
    expect(first).toEqual(each({ came, things: 0, calls: 1 }));
    expect(later).toEqual(each({ came: "made", things: 1, calls: 1 }));
  });

  it("that lacks its permission says which", async () => {
    const seen = await forEveryKind({
      status: 403,
      body: { message: "Resource not accessible by integration" },
      headers: { "x-accepted-github-permissions": "issues=write" },
    });
    const came = expect.stringMatching(/^asked \(permission\): The App lacks the permission "Issues: write"/);
    expect(seen).toEqual(each({ came, things: 0, calls: 1 }));
  });

  it("whose object is so new that GitHub does not find it yet is made by the second call, once", async () => {
    const seen = await forEveryKind({ status: 404, body: { message: "Not Found" } });
    // A comment that is not there was deleted by somebody, and stays deleted.
    const but = { "comment.edit": { things: 0, calls: 1 } };
    expect(seen).toEqual(each({ came: "made", things: 1, calls: 2 }, but));
  });

  it("whose object stays away is given up after three calls", async () => {
    const seen = await forEveryKind({ status: 404, body: { message: "Not Found" } }, forEver);
    const came = expect.stringMatching(/^asked \(github\): GitHub no longer has what this run needs/);
    const but = { "comment.edit": { came: "made", calls: 1 } };
    expect(seen).toEqual(each({ came, things: 0, calls: 3 }, but));
  });

  it.each([
    [409, "Git Repository is empty."],
    [422, "Validation Failed"],
  ])("that is refused with %i is not repeated, and a person reads why", async (status, message) => {
    const came = expect.stringMatching(
      new RegExp(`^asked \\(github\\): GitHub refused .*\\(${status}: ${message}`),
    );
    expect(await forEveryKind({ status, body: { message } })).toEqual(each({ came, things: 0, calls: 1 }));
  });

  it("that is sent elsewhere follows the repository by its id, once", async () => {
    const seen = await forEveryKind({
      status: 307,
      body: { message: "Moved" },
      headers: { location: "/elsewhere" },
    });
    expect(seen).toEqual(each({ came: "made", things: 1, calls: 2 }));
  });
});
