import fc from "fast-check";
import { expect, test } from "vitest";
import { BlobGone, createBlobs } from "../../src/journal/blobs.ts";
import { useRedis } from "../support/redis.ts";

const redis = useRedis();
const prefix = "{test}";

function openBlobs(ttlMs?: number) {
  const connection = redis().connect();
  return {
    connection,
    blobs: createBlobs({ redis: connection, prefix, ...(ttlMs === undefined ? {} : { ttlMs }) }),
  };
}

test("content comes back under the SHA-256 of what was put in", async () => {
  const { blobs } = openBlobs();
  const digest = await blobs.put("hello\n");
  expect(digest).toBe("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03");
  expect(await blobs.getText(digest)).toBe("hello\n");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (content) => {
      expect([...(await blobs.get(await blobs.put(content)))]).toEqual([...content]);
    }),
    { numRuns: 50 },
  );
});

test("text is kept smaller than it is, for ninety days from the last time it was put", async () => {
  const { blobs, connection } = openBlobs();
  const digest = await blobs.put("the same line again\n".repeat(5_000));
  expect(await connection.strlen(`{test}:blob:${digest}`)).toBeLessThan(1_000);
  const ninetyDays = 90 * 24 * 3_600_000;
  expect(ninetyDays - (await connection.pttl(`{test}:blob:${digest}`))).toBeLessThan(10_000);
  await connection.pexpire(`{test}:blob:${digest}`, 1_000);
  await blobs.put("the same line again\n".repeat(5_000));
  expect(await connection.pttl(`{test}:blob:${digest}`)).toBeGreaterThan(1_000_000);
});

test("content that ran out or never was is gone", async () => {
  const { blobs, connection } = openBlobs();
  const digest = await blobs.put("short-lived");
  await connection.del(`{test}:blob:${digest}`);
  await expect(blobs.get(digest)).rejects.toThrow(BlobGone);
});

test("content that was changed in Redis is noticed", async () => {
  const { blobs, connection } = openBlobs();
  const [one, other] = [await blobs.put("one"), await blobs.put("other")];
  await connection.copy(`{test}:blob:${other}`, `{test}:blob:${one}`, "REPLACE");
  await expect(blobs.get(one)).rejects.toThrow("it does not match its digest");
  await connection.set(`{test}:blob:${one}`, Buffer.alloc(20, 0xff));
  await expect(blobs.get(one)).rejects.toThrow("it cannot be unpacked");
});

test("content of more than 64 MiB is refused", async () => {
  await expect(openBlobs().blobs.put(new Uint8Array(64 * 1024 * 1024 + 1))).rejects.toThrow(RangeError);
});
