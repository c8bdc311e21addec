import nock from "nock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fetchReview } from "../../src/github/facts/review.ts";
import { ensureReviewReply } from "../../src/github/review-reply.ts";
import { API, apiComment, newRecord, newRepository, REPO } from "./support.ts";

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const COMMENTS = `${REPO}/pulls/12/comments`;
const hunk = "@@ -1,3 +1,3 @@\n-total - each\n+total + each";

const apiReviewComment = (id: number, more: object = {}) => ({
  id,
  pull_request_review_id: 80,
  user: { login: "robin", type: "User" },
  path: "src/sum.js",
  line: 2,
  diff_hunk: hunk,
  body: `Comment ${id}`,
  ...more,
});

const onComments = (comments: object[]) =>
  nock(API)
    .persist()
    .get(COMMENTS)
    .query({ page: 1, per_page: 100 })
    .reply(200, () => comments);

describe("fetchReview", () => {
  it("tells a review with its own comments, and what stood in their threads before", async () => {
    const { repository } = newRepository();
    nock(API)
      .get(`${REPO}/pulls/12/reviews/80`)
      .reply(200, { id: 80, state: "CHANGES_REQUESTED", body: "Nearly.", user: { id: 3, login: "robin" } });
    onComments([
      apiReviewComment(7, { pull_request_review_id: 70, user: { login: "sam" }, body: "Why sofar?" }),
      apiReviewComment(9, { in_reply_to_id: 7, body: "Indeed." }),
      apiReviewComment(8, { line: null, original_line: 5 }),
      apiReviewComment(10, { pull_request_review_id: 90, in_reply_to_id: 7 }),
    ]);
    expect(await fetchReview(repository, 12, 80)).toEqual({
      id: 80,
      author: { id: 3, login: "robin" },
      state: "CHANGES_REQUESTED",
      body: "Nearly.",
      comments: [
        {
          id: 8,
          thread: 8,
          author: "robin",
          path: "src/sum.js",
          line: 5,
          hunk,
          body: "Comment 8",
          before: [],
        },
        {
          id: 9,
          thread: 7,
          author: "robin",
          path: "src/sum.js",
          line: 2,
          hunk,
          body: "Indeed.",
          before: [{ author: "sam", body: "Why sofar?" }],
        },
      ],
    });
  });

  it("is null for a review that is gone", async () => {
    const { repository } = newRepository();
    nock(API).get(`${REPO}/pulls/12/reviews/80`).reply(404, { message: "Not Found" });
    expect(await fetchReview(repository, 12, 80)).toBe(null);
  });
});

describe("ensureReviewReply", () => {
  const mark = { run: "run_77_7_1", op: "review-80-7" };
  const wish = { opKey: "review:80:7", pullNumber: 12, thread: 7, mark, body: "Done in abc." };
  const replies = `${COMMENTS}/7/replies`;

  it("answers the thread once, and finds its answer again when the receipt was lost", async () => {
    const { repository } = newRepository();
    const comments: object[] = [apiReviewComment(7)];
    onComments(comments);
    nock(API)
      .post(replies)
      .reply((_uri, request) => {
        const { body } = request as { body: string };
        comments.push({ ...apiComment(11, body), in_reply_to_id: 7 });
        return [502, "<html>Bad gateway</html>"];
      });
    const receipt = await ensureReviewReply(repository, newRecord().record, wish);
    expect(receipt.commentId).toBe(11);
    const intended = newRecord({ intended: [wish.opKey] });
    expect(await ensureReviewReply(repository, intended.record, wish)).toEqual(receipt);
    expect(intended.journal).toEqual(["adopted review.reply"]);
  });

  it("takes no copy by somebody else for its own", async () => {
    const { repository } = newRepository();
    const signed = (await repository.markers()).sign("Done in abc.", mark);
    onComments([apiReviewComment(7), { ...apiComment(11, signed, "a person"), in_reply_to_id: 7 }]);
    const made = nock(API).post(replies).reply(201, apiComment(12, signed));
    await ensureReviewReply(repository, newRecord({ intended: [wish.opKey] }).record, wish);
    expect(made.isDone()).toBe(true);
  });

  it("leaves a thread that was deleted alone", async () => {
    const { repository } = newRepository();
    onComments([]);
    nock(API).post(replies).reply(404, { message: "Not Found" });
    expect(await ensureReviewReply(repository, newRecord().record, wish)).toEqual({
      commentId: null,
      url: "",
    });
  });
});
