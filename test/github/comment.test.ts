import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { editComment, ensureComment, sweepComments } from "../../src/github/comment.ts";
import { API, apiComment, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const COMMENTS = `${REPO}/issues/7/comments`;
const SINCE = "2026-11-20T11:00:00Z";
const mark = { run: "run_77_7_1", op: "progress" };
const wish = { opKey: "progress", issueNumber: 7, mark, body: "Working on it", since: SINCE };

/** A list of comments that is cut into pages as GitHub cuts it, and that a POST adds to. */
function newThread(comments: object[] = []) {
  const posted: string[] = [];
  nock(API)
    .persist()
    .get(COMMENTS)
    .query(true)
    .reply((uri) => {
      const query = new URL(uri, API).searchParams;
      const page = Number(query.get("page"));
      const items = comments.slice((page - 1) * 100, page * 100);
      return [200, items, comments.length > page * 100 ? { link: `<${API}/next>; rel="next"` } : {}];
    });
  return {
    posted,
    add: (body: string, by?: "us" | "another app" | "a person") => {
      comments.push(apiComment(1_000 + comments.length, body, by));
    },
    onPost: (answer: "created" | "applied, then 502" | "applied, then silence" | "lost") =>
      nock(API)
        .post(COMMENTS)
        .delayConnection(answer === "applied, then silence" ? 300 : 0)
        .reply((_uri, request) => {
          const { body } = request as { body: string };
          posted.push(body);
          if (answer !== "lost") comments.push(apiComment(1_000 + comments.length, body));
          return answer === "created" || answer === "applied, then silence"
            ? [201, comments.at(-1)]
            : [502, "<html>Bad gateway</html>"];
        }),
  };
}

describe("ensureComment", () => {
  it("posts one comment that carries a hidden signed marker", async () => {
    const { repository } = newRepository();
    const thread = newThread();
    thread.onPost("created");
    const receipt = await ensureComment(repository, newRecord().record, wish);
    expect(receipt).toEqual({
      commentId: 1_000,
      url: "https://github.com/acme/shop/issues/7#issuecomment-1000",
    });
    expect(thread.posted).toEqual([
      expect.stringMatching(
        /^Working on it\n\n<!-- fixpoint:v1 run=run_77_7_1 op=progress mac=[0-9a-f]{64} -->$/,
      ),
    ]);
  });

  it("leaves exactly one comment when GitHub stores it and answers 502", async () => {
    const { repository, slept } = newRepository();
    const thread = newThread();
    thread.onPost("applied, then 502");
    const { record, journal } = newRecord();
    expect(await ensureComment(repository, record, wish)).toMatchObject({ commentId: 1_000 });
    expect([thread.posted.length, slept, journal]).toEqual([
      1,
      [15_000],
      ["intended comment.create", "adopted comment.create"],
    ]);
  });

  it("leaves exactly one comment when the answer comes after the time-out", async () => {
    const { repository } = newRepository({ timeoutMs: 60 });
    const thread = newThread();
    let arrived: () => void = () => {};
    const posted = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    // The request reaches GitHub and is carried out; only its answer never comes.
    nock(API)
      .post(COMMENTS)
      .reply(201, async (_uri: string, request: unknown) => {
        thread.posted.push((request as { body: string }).body);
        thread.add((request as { body: string }).body);
        arrived();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return {};
      });
    const [receipt] = await Promise.all([ensureComment(repository, newRecord().record, wish), posted]);
    expect([receipt.commentId, thread.posted.length]).toEqual([1_000, 1]);
  });

  it("posts again when GitHub lost the call", async () => {
    const { repository } = newRepository();
    const thread = newThread();
    thread.onPost("lost");
    thread.onPost("created");
    expect(await ensureComment(repository, newRecord().record, wish)).toMatchObject({ commentId: 1_000 });
    expect(thread.posted).toHaveLength(2);
  });

  it("finds its comment after a crash behind more than a hundred others", async () => {
    const { repository } = newRepository();
    const own = newThread();
    own.onPost("created");
    await ensureComment(repository, newRecord().record, wish);
    const [body = ""] = own.posted;
    nock.cleanAll();

    const { repository: later } = newRepository();
    const thread = newThread(
      Array.from({ length: 230 }, (_, index) => apiComment(index + 1, "chatter", "a person")),
    );
    thread.add(body);
    const { record, journal } = newRecord({ intended: ["progress"] });
    expect(await ensureComment(later, record, wish)).toMatchObject({ commentId: 1_230 });
    expect([thread.posted, journal]).toEqual([[], ["adopted comment.create"]]);
  });

  it("ignores a copied marker by others and a forged one, and posts its own", async () => {
    const { repository } = newRepository();
    const own = newThread();
    own.onPost("created");
    await ensureComment(repository, newRecord().record, wish);
    const [genuine = ""] = own.posted;
    nock.cleanAll();

    const { repository: later } = newRepository();
    const thread = newThread();
    thread.add(genuine, "a person");
    thread.add(genuine, "another app");
    thread.add(genuine.replace(/mac=.{8}/, "mac=00000000"));
    thread.add(genuine.replace("run_77_7_1", "run_77_7_2"));
    thread.onPost("created");
    await ensureComment(later, newRecord({ intended: ["progress"] }).record, wish);
    expect(thread.posted).toEqual([genuine]);
  });

  it("redacts and shortens the body, and keeps the marker", async () => {
    const { repository } = newRepository();
    const thread = newThread();
    thread.onPost("created");
    const body = `token ghp_${"a1".repeat(18)}\n\`\`\`\n${"x".repeat(70_000)}`;
    await ensureComment(repository, newRecord().record, { ...wish, body });
    const [sent = ""] = thread.posted;
    expect(sent.length).toBeLessThanOrEqual(65_536);
    expect(sent).toMatch(/^token \[redacted: GitHub token\]\n```\nx+\n```\n\n_… shortened/);
    expect(sent).toMatch(/mac=[0-9a-f]{64} -->$/);
  });
});

describe("editComment", () => {
  const edit = { opKey: "progress:2", commentId: 1_000, mark, body: "Half way" };
  const COMMENT = `${REPO}/issues/comments/1000`;

  it("sends the new text, and nothing when it stands there already", async () => {
    const { repository } = newRepository();
    const patched: string[] = [];
    nock(API).get(COMMENT).reply(200, apiComment(1_000, "old"));
    nock(API)
      .patch(COMMENT, (sent: { body: string }) => patched.push(sent.body) > 0)
      .reply(200, apiComment(1_000, "new"));
    expect(await editComment(repository, newRecord().record, edit)).toEqual({
      commentId: 1_000,
      state: "edited",
    });
    expect(patched[0]).toMatch(/^Half way\n\n<!-- fixpoint:v1 /);

    nock(API)
      .get(COMMENT)
      .reply(200, apiComment(1_000, `${(patched[0] ?? "").replaceAll("\n", "\r\n")}\r\n`));
    expect(await editComment(repository, newRecord().record, { ...edit, opKey: "progress:3" })).toEqual({
      commentId: 1_000,
      state: "edited",
    });
    expect(nock.pendingMocks().filter((mock) => mock.includes("comments"))).toEqual([]);
  });

  it("respects that somebody deleted the comment", async () => {
    const { repository } = newRepository();
    nock(API).get(COMMENT).reply(404, { message: "Not Found" });
    expect(await editComment(repository, newRecord().record, edit)).toEqual({
      commentId: 1_000,
      state: "gone",
    });
  });
});

describe("sweepComments", () => {
  it("deletes the later twins of a comment and nothing else", async () => {
    const { repository } = newRepository();
    const thread = newThread();
    thread.onPost("created");
    await ensureComment(repository, newRecord().record, wish);
    thread.add("chatter", "a person");
    thread.add(thread.posted[0] ?? "");
    thread.add(thread.posted[0] ?? "", "a person");
    const deleted = nock(API).delete(`${REPO}/issues/comments/1002`).reply(204);
    const place = { opKey: "sweep", issueNumber: 7, mark, since: SINCE, kept: 1000 };
    expect(await sweepComments(repository, newRecord().record, place)).toEqual({ kept: 1000, twins: 1 });
    expect(deleted.isDone()).toBe(true);
  });
});
