import { pino } from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { type OpenDoor, openDoor } from "../../src/cli/open-door.ts";
import { readConfig } from "../../src/config.ts";
import { BadConfiguration } from "../../src/errors.ts";
import { useRedis } from "../support/redis.ts";
import { example } from "../webhooks/payload-examples.ts";
import { appKey, deliver, secret } from "../webhooks/running-door.ts";

const redis = useRedis();
const log = pino({ level: "silent" });
const config = readConfig({ APP_ID: "4711", PRIVATE_KEY: appKey, PORT: "0", WEBHOOK_SECRET: secret });
const body = JSON.stringify(example("issues.labeled", { label: { name: "agent-fix" } }));

let door: OpenDoor | undefined;
const answers: number[] = [];
afterEach(async () => {
  await door?.stop();
  answers.length = 0;
});

/** The status of a delivery and of /readyz. */
async function ask() {
  const delivery = await deliver(`${door?.url}/api/github/webhooks`, { event: "issues", body });
  return { delivery: delivery.status, ready: (await fetch(`${door?.url}/readyz`)).status };
}
const keys = () => redis().connect().keys("*:queue:commands:d-*");

test("a door that opens while Redis is away says 503, and takes deliveries once Redis is there", async () => {
  await redis().kill();
  door = await openDoor(config, redis().socket, (status) => answers.push(status), log);
  expect(await ask()).toEqual({ delivery: 503, ready: 503 });
  await redis().restart();
  await door.trusted;
  await vi.waitFor(async () => expect(await ask()).toEqual({ delivery: 202, ready: 200 }), {
    timeout: 15_000,
    interval: 100,
  });
  expect(await keys()).toHaveLength(answers.filter((status) => status === 202).length);
});

test("a Redis that would lose what it takes is given nothing", async () => {
  await redis().connect().config("SET", "maxmemory-policy", "allkeys-lru");
  door = await openDoor(config, redis().socket, (status) => answers.push(status), log);
  await expect(door.trusted).rejects.toThrow(BadConfiguration);
  expect(await ask()).toEqual({ delivery: 503, ready: 503 });
  expect(await keys()).toEqual([]);
  await redis().connect().config("SET", "maxmemory-policy", "noeviction");
});
