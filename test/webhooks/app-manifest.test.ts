import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { WEBHOOK_PATH } from "../../src/webhooks/door.ts";
import { wantedDeliveries } from "../../src/webhooks/wanted-events.ts";

const text = readFileSync(new URL("../../app.yml", import.meta.url), "utf8");
const manifest = parse(text);

it("asks for the permissions that are used, and not for workflows", () => {
  expect(manifest.default_permissions).toEqual({
    contents: "write",
    issues: "write",
    pull_requests: "write",
    checks: "write",
    statuses: "read",
    actions: "write",
    metadata: "read",
  });
});

it("subscribes to the events that are understood, except those of installations, which come unasked", () => {
  const wanted = new Set(wantedDeliveries.map((name) => name.split(".")[0] ?? ""));
  const subscribed = [...wanted].filter((event) => !event.startsWith("installation"));
  expect(new Set(manifest.default_events)).toEqual(new Set(subscribed));
});

it("sends deliveries to the path that takes them", () => {
  expect(new URL(manifest.hook_attributes.url).pathname).toBe(WEBHOOK_PATH);
});

it("says of each permission what it is for", () => {
  const lines = text.split("\n").map((line) => line.trim());
  for (const permission of Object.keys(manifest.default_permissions)) {
    const at = lines.findIndex((line) => line.startsWith(`${permission}:`));
    expect(lines[at - 1], permission).toMatch(/^# ./);
  }
});
