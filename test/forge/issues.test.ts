import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusalOf, type Stage, setStage } from "./support/forge.ts";

describe("issues, comments, labels and reactions", () => {
  let stage: Stage;
  let issue: number;
  beforeAll(async () => {
    stage = await setStage();
    issue = await stage.forge.as("robin").openIssue("acme", "lib", { title: "Bug", body: "It breaks." });
  });
  afterAll(() => stage.stop());

  it("writes the app's own comments as a bot and via the app", async () => {
    const { data } = await stage.octokit.rest.issues.createComment({
      ...stage.repo,
      issue_number: issue,
      body: "hello",
    });
    expect({
      login: data.user?.login,
      type: data.user?.type,
      app: data.performed_via_github_app?.id,
    }).toEqual({
      login: "fixpoint[bot]",
      type: "Bot",
      app: stage.forge.app.id,
    });
    const { data: edited } = await stage.octokit.rest.issues.updateComment({
      ...stage.repo,
      comment_id: data.id,
      body: "bye",
    });
    expect(edited.body).toBe("bye");
    await stage.octokit.rest.issues.deleteComment({ ...stage.repo, comment_id: data.id });
    expect(
      await refusalOf(stage.octokit.rest.issues.getComment({ ...stage.repo, comment_id: data.id })),
    ).toEqual({
      status: 404,
      message: "Not Found",
    });
  });

  it("pages long lists with Link headers, all of them, once each", async () => {
    const robin = stage.forge.as("robin");
    const many = await robin.openIssue("acme", "lib", { title: "Long" });
    for (let index = 0; index < 105; index += 1) await robin.comment("acme", "lib", many, `comment ${index}`);
    const first = await stage.octokit.rest.issues.listComments({
      ...stage.repo,
      issue_number: many,
      per_page: 100,
    });
    expect(first.headers.link).toMatch(/page=2>; rel="next", <[^>]+page=2>; rel="last"/);
    const all = await stage.octokit.paginate(stage.octokit.rest.issues.listComments, {
      ...stage.repo,
      issue_number: many,
    });
    expect(all.map((one) => one.body)).toEqual(Array.from({ length: 105 }, (_, index) => `comment ${index}`));
    const future = new Date(Date.now() + 60_000).toISOString();
    const none = await stage.octokit.rest.issues.listComments({
      ...stage.repo,
      issue_number: many,
      since: future,
    });
    expect(none.data).toEqual([]);
  });

  it("answers 304 for what the caller has already, and 200 again after a change", async () => {
    const read = (etag?: string) =>
      stage.octokit.rest.issues.get({
        ...stage.repo,
        issue_number: issue,
        headers: etag === undefined ? {} : { "if-none-match": etag },
      });
    const first = await read();
    expect(await refusalOf(read(first.headers.etag))).toMatchObject({ status: 304 });
    await stage.forge.as("robin").comment("acme", "lib", issue, "news");
    expect((await read(first.headers.etag)).data.comments).toBe(1);
  });

  it("refuses what is too long, blank, or of the wrong type", async () => {
    const comment = (body: unknown) =>
      refusalOf(
        stage.octokit.rest.issues.createComment({ ...stage.repo, issue_number: issue, body: body as string }),
      );
    expect([await comment("x".repeat(65_537)), await comment(" "), await comment(7)]).toEqual([
      { status: 422, message: "Validation Failed" },
      { status: 422, message: "Validation Failed" },
      { status: 422, message: "Invalid request.\n\nFor 'properties/body', 7 is not a string." },
    ]);
  });

  it("locks an issue for everyone without write access", async () => {
    await stage.octokit.rest.issues.lock({ ...stage.repo, issue_number: issue });
    expect(await refusalOf(stage.forge.as("eve").comment("acme", "lib", issue, "me too"))).toEqual({
      status: 403,
      message: "Unable to create comment because issue is locked.",
    });
    await stage.octokit.rest.issues.unlock({ ...stage.repo, issue_number: issue });
  });

  it("creates labels once, puts them on by name and takes them off", async () => {
    const label = { name: "agent-fix", color: "0E8A16", description: "Let Fixpoint try" };
    const { data } = await stage.octokit.rest.issues.createLabel({ ...stage.repo, ...label });
    expect({ name: data.name, color: data.color, description: data.description }).toEqual({
      ...label,
      color: "0e8a16",
    });
    expect(
      await refusalOf(stage.octokit.rest.issues.createLabel({ ...stage.repo, ...label, name: "Agent-Fix" })),
    ).toEqual({
      status: 422,
      message: "Validation Failed",
    });
    const put = () =>
      stage.octokit.rest.issues.addLabels({
        ...stage.repo,
        issue_number: issue,
        labels: ["agent-fix", "new one"],
      });
    await put();
    expect((await put()).data.map((one) => one.name)).toEqual(["agent-fix", "new one"]);
    await stage.octokit.rest.issues.removeLabel({ ...stage.repo, issue_number: issue, name: "new one" });
    expect(
      await refusalOf(
        stage.octokit.rest.issues.removeLabel({ ...stage.repo, issue_number: issue, name: "new one" }),
      ),
    ).toEqual({
      status: 404,
      message: "Label does not exist",
    });
    await stage.forge.settled();
    expect(stage.events().filter((event) => event.startsWith("label") || event.includes("labeled"))).toEqual([
      "label.created",
      "label.created",
      "issues.labeled",
      "issues.labeled",
      "issues.unlabeled",
    ]);
  });

  it("keeps one reaction of a kind from one account: 201, then 200 with the same id", async () => {
    const react = () =>
      stage.octokit.rest.reactions.createForIssue({ ...stage.repo, issue_number: issue, content: "eyes" });
    const [first, second] = [await react(), await react()];
    expect([first.status, second.status, second.data.id]).toEqual([201, 200, first.data.id]);
    expect(stage.forge.inspect("acme", "lib").issues[0]?.reactions).toEqual([
      { content: "eyes", by: "fixpoint[bot]" },
    ]);
  });

  it("closes and reopens an issue with its reason, and finds it by state and label", async () => {
    const { data } = await stage.octokit.rest.issues.update({
      ...stage.repo,
      issue_number: issue,
      state: "closed",
      state_reason: "not_planned",
    });
    expect([data.state, data.state_reason]).toEqual(["closed", "not_planned"]);
    const list = async (state: "open" | "closed") =>
      (await stage.octokit.rest.issues.listForRepo({ ...stage.repo, state, labels: "agent-fix" })).data.map(
        (one) => one.number,
      );
    expect([await list("open"), await list("closed")]).toEqual([[], [issue]]);
    await stage.forge.as("robin").reopenIssue("acme", "lib", issue);
    expect(await list("open")).toEqual([issue]);
  });

  it("tells of an edit what was there before", async () => {
    await stage.forge.as("robin").editIssue("acme", "lib", issue, { body: "It breaks a lot." });
    await stage.forge.settled();
    const edited = stage.hooks.find(
      (hook) => hook.headers["x-github-event"] === "issues" && hook.payload["action"] === "edited",
    );
    expect(edited?.payload["changes"]).toEqual({ body: { from: "It breaks." } });
  });
});
