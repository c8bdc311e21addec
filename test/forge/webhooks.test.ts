import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Stage, setStage } from "./support/forge.ts";

describe("webhooks", () => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
    await stage.forge.settled();
    stage.hooks.length = 0;
  });
  afterEach(() => stage.stop());

  const openThree = async () => {
    for (const title of ["one", "two", "three"])
      await stage.forge.as("robin").openIssue("acme", "lib", { title });
  };
  const titles = () => stage.hooks.map((hook) => (hook.payload["issue"] as { title: string }).title);
  const deliveries = async () => (await stage.app.rest.apps.listWebhookDeliveries({ per_page: 100 })).data;

  it("signs the raw bytes and carries GitHub's headers", async () => {
    await stage.forge.as("robin").openIssue("acme", "lib", { title: "ünïcode" });
    await stage.forge.settled();
    const [hook] = stage.hooks;
    const signature = createHmac("sha256", "it's a secret")
      .update(hook?.body ?? "")
      .digest("hex");
    expect(hook?.headers).toMatchObject({
      "content-type": "application/json",
      "x-github-event": "issues",
      "x-github-delivery": expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      "x-hub-signature-256": `sha256=${signature}`,
      "x-github-hook-installation-target-id": String(stage.forge.app.id),
      "x-github-hook-installation-target-type": "integration",
      "user-agent": expect.stringMatching(/^GitHub-Hookshot\//),
    });
    expect(hook?.payload).toMatchObject({
      action: "opened",
      issue: { title: "ünïcode" },
      repository: { full_name: "acme/lib" },
      sender: { login: "robin", type: "User" },
      installation: { id: stage.installationId },
    });
  });

  it("gives each delivery an id of its own and keeps their order", async () => {
    await openThree();
    await stage.forge.settled();
    expect(titles()).toEqual(["one", "two", "three"]);
    expect(new Set(stage.hooks.map((hook) => hook.headers["x-github-delivery"])).size).toBe(3);
  });

  it("marks what our own app does as a bot's", async () => {
    const issue = await stage.forge.as("robin").openIssue("acme", "lib", { title: "x" });
    await stage.octokit.rest.issues.createComment({ ...stage.repo, issue_number: issue, body: "hi" });
    await stage.forge.settled();
    expect(stage.hooks.at(-1)?.payload).toMatchObject({
      sender: { login: "fixpoint[bot]", type: "Bot" },
      comment: { performed_via_github_app: { id: stage.forge.app.id } },
    });
  });

  it("does not hold up the answer to the call that caused it", async () => {
    const slow = createServer((_, response) => setTimeout(() => response.end(), 3_000)).listen(
      0,
      "127.0.0.1",
    );
    await pause(10);
    stage.forge.setWebhook({ url: `http://127.0.0.1:${(slow.address() as AddressInfo).port}`, secret: "x" });
    const startedAt = performance.now();
    await stage.octokit.rest.issues.create({ ...stage.repo, title: "quick" });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    slow.closeAllConnections();
    slow.close();
  });

  it("lists a failed delivery, and sends it again with the same GUID and bytes", async () => {
    stage.answer.status = 500;
    await stage.forge.as("robin").openIssue("acme", "lib", { title: "lost" });
    await stage.forge.settled();
    const [failed] = await deliveries();
    expect(failed).toMatchObject({
      status: "Invalid HTTP Response: 500",
      status_code: 500,
      redelivery: false,
      event: "issues",
      action: "opened",
    });
    stage.answer.status = 200;
    await stage.app.rest.apps.redeliverWebhookDelivery({ delivery_id: failed?.id ?? 0 });
    await stage.forge.settled();
    const [first, again] = stage.hooks;
    expect([again?.body, again?.headers["x-github-delivery"]]).toEqual([
      first?.body,
      first?.headers["x-github-delivery"],
    ]);
    expect(
      (await deliveries()).slice(0, 2).map(({ guid, redelivery, status }) => ({ guid, redelivery, status })),
    ).toEqual([
      { guid: failed?.guid, redelivery: true, status: "OK" },
      { guid: failed?.guid, redelivery: false, status: "Invalid HTTP Response: 500" },
    ]);
    const one = await stage.app.rest.apps.getWebhookDelivery({ delivery_id: failed?.id ?? 0 });
    expect(one.data.request.payload).toEqual(JSON.parse(first?.body ?? ""));
  });

  it("records a receiver that cannot be reached", async () => {
    stage.forge.setWebhook({ url: "http://127.0.0.1:1/hook", secret: "x" });
    await stage.forge.as("robin").openIssue("acme", "lib", { title: "nobody home" });
    await stage.forge.settled();
    expect((await deliveries())[0]).toMatchObject({ status: "failed to connect to host", status_code: 502 });
  });

  it("pages deliveries by cursor, newest first", async () => {
    await openThree();
    await stage.forge.settled();
    const all = await stage.app.paginate(stage.app.rest.apps.listWebhookDeliveries, { per_page: 1 });
    expect(all.map((one) => one.id)).toEqual([...stage.forge.deliveries].map((one) => one.id).reverse());
  });

  it("loses, doubles, delays and shuffles deliveries when a lever says so", async () => {
    const { webhooks } = stage.forge.levers;
    webhooks.drop({ event: "issues", nth: 1 });
    webhooks.duplicate({ event: "issues", nth: 2 });
    await openThree();
    await stage.forge.settled();
    expect(titles()).toEqual(["two", "two", "three"]);
    const [first, twin] = stage.hooks;
    expect(twin?.headers["x-github-delivery"]).toBe(first?.headers["x-github-delivery"]);
    expect((await deliveries()).find((one) => one.status === "failed to connect to host")).toMatchObject({
      status_code: 502,
    });

    stage.forge.levers.clear();
    stage.hooks.length = 0;
    webhooks.delay({ event: "issues", nth: 1 }, 100);
    await openThree();
    await stage.forge.settled();
    expect(titles()).toEqual(["two", "three", "one"]);

    stage.forge.levers.clear();
    stage.hooks.length = 0;
    webhooks.reorder(7, 40);
    await openThree();
    await stage.forge.settled();
    expect([...titles()].sort()).toEqual(["one", "three", "two"]);
    expect(titles()).not.toEqual(["one", "two", "three"]);
  });

  it("sends only what the installation is subscribed to, and its own fate always", async () => {
    stage.forge.settings.uninstall("acme");
    stage.forge.install("acme", { events: ["push"] });
    await stage.forge.as("robin").openIssue("acme", "lib", { title: "silent" });
    stage.forge.settings.suspend("acme");
    await stage.forge.as("robin").push("acme", "lib", "main", { "x.txt": "x\n" });
    stage.forge.settings.unsuspend("acme");
    stage.forge.settings.removeRepositories("acme", "lib");
    await stage.forge.settled();
    expect(stage.events()).toEqual([
      "installation.deleted",
      "installation.created",
      "installation.suspend",
      "installation.unsuspend",
      "installation_repositories.removed",
    ]);
  });
});
