import { describe, expect, test } from "vitest";
import { BadConfiguration } from "../../src/errors.ts";
import {
  checkDurability,
  durabilityOfInfo,
  durabilityProblems,
  readDurability,
} from "../../src/journal/durability.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();

test("accepts a Redis with an append-only file that evicts nothing", async () => {
  await checkDurability(redis().connect());
});

test("refuses a Redis that evicts or forgets, and says how to set both", async () => {
  const connection = redis().connect();
  await connection.config("SET", "maxmemory-policy", "allkeys-lru");
  await connection.config("SET", "appendonly", "no");
  const refusal = await checkDurability(connection).catch((error: unknown) => error);
  await connection.config("SET", "maxmemory-policy", "noeviction");
  await connection.config("SET", "appendonly", "yes");
  expect(refusal).toBeInstanceOf(BadConfiguration);
  expect((refusal as BadConfiguration).problems).toMatchInlineSnapshot(`
    [
      "Redis has maxmemory-policy allkeys-lru, so Redis would delete runs to free memory. Set \`maxmemory-policy noeviction\` in redis.conf (or run \`CONFIG SET maxmemory-policy noeviction\`; in a managed Redis set it in its parameter group).",
      "Redis has appendonly no, so Redis would forget runs when it restarts. Set \`appendonly yes\` in redis.conf (or run \`CONFIG SET appendonly yes\`; in a managed Redis set it in its parameter group).",
    ]
  `);
});

describe("where CONFIG is forbidden", () => {
  async function withoutConfig(rules: string[]) {
    const admin = redis().connect();
    await admin.acl("SETUSER", "managed", "on", ">secret", "~*", "+@all", ...rules);
    const connection = admin.duplicate({ enableReadyCheck: false, username: "managed", password: "secret" });
    const answer = await readDurability(connection);
    connection.disconnect();
    return answer;
  }

  test("INFO tells the same", async () => {
    expect(await withoutConfig(["-config"])).toEqual({ maxmemoryPolicy: "noeviction", appendonly: "yes" });
  });

  test("and INFO too, nothing is known", async () => {
    expect(await withoutConfig(["-config", "-info"])).toEqual({ maxmemoryPolicy: null, appendonly: null });
  });

  test("a failure of another kind is not taken for that", async () => {
    const connection = redis().connect();
    const asking = readDurability(connection);
    connection.disconnect();
    await expect(asking).rejects.toThrow("Connection is closed.");
  });
});

test("a Redis that tells nothing is refused in plain words", () => {
  const told = durabilityOfInfo("# Memory\r\nused_memory:1\r\n");
  expect(told).toEqual({ maxmemoryPolicy: null, appendonly: null });
  expect(durabilityProblems(told)).toMatchInlineSnapshot(`
    [
      "Redis does not tell its maxmemory-policy, neither by CONFIG nor by INFO; without maxmemory-policy noeviction Redis would delete runs to free memory. Set \`maxmemory-policy noeviction\` in redis.conf (or run \`CONFIG SET maxmemory-policy noeviction\`; in a managed Redis set it in its parameter group). Allow this user \`INFO\` or \`CONFIG GET\`.",
      "Redis does not tell its appendonly, neither by CONFIG nor by INFO; without appendonly yes Redis would forget runs when it restarts. Set \`appendonly yes\` in redis.conf (or run \`CONFIG SET appendonly yes\`; in a managed Redis set it in its parameter group). Allow this user \`INFO\` or \`CONFIG GET\`.",
    ]
  `);
  expect(durabilityOfInfo("maxmemory_policy:noeviction\r\naof_enabled:0\r\n")).toEqual({
    maxmemoryPolicy: "noeviction",
    appendonly: "no",
  });
});
