import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { example } from "./payload-examples.ts";
import { deliver, openDoor, secret, sign } from "./running-door.ts";

const guid = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const body = JSON.stringify(example("issues.labeled", { label: { name: "agent-fix" } }));

let doors: Awaited<ReturnType<typeof openDoor>>[] = [];
async function open(options: Parameters<typeof openDoor>[0] = {}) {
  const door = await openDoor(options);
  doors.push(door);
  return door;
}
afterEach(async () => {
  await Promise.all(doors.map((door) => door.stop()));
  doors = [];
});

describe("a signed delivery", () => {
  it("is answered 202 once its text and then its command are stored", async () => {
    const door = await open();
    const answer = await deliver(door.hook, { event: "issues", body, id: guid });
    expect(answer).toEqual({ status: 202, text: "Accepted." });
    expect(door.order).toEqual(["text", "command start"]);
    expect(door.commands).toMatchObject([{ kind: "start", deliveryId: guid, issue: { number: 1 } }]);
    const [start] = door.commands;
    expect(start?.kind === "start" && door.texts.get(start.issue.bodyDigest)).toBe(
      "It looks like you accidently spelled 'commit' with two 't's.",
    );
  });

  it("that comes twice is enqueued under the same id, however the id is written", async () => {
    const door = await open();
    await deliver(door.hook, { event: "issues", body, id: guid });
    await deliver(door.hook, { event: "issues", body, id: guid.toUpperCase() });
    expect(door.commands.map((command) => command.deliveryId)).toEqual([guid, guid]);
  });

  it("of no interest is answered 202 and enqueues nothing", async () => {
    const door = await open();
    const edited = JSON.stringify(example("issues.edited"));
    expect((await deliver(door.hook, { event: "issues", body: edited })).status).toBe(202);
    expect(door.order).toEqual([]);
  });

  it("of an unwanted event is answered 202 before anything is parsed", async () => {
    const door = await open();
    expect(await deliver(door.hook, { event: "watch", body: "{ this is no JSON" })).toEqual({
      status: 202,
      text: "Nothing to do.",
    });
    expect((await deliver(door.hook, { event: "an_event_of_2031", body: "{}" })).status).toBe(202);
    expect(door.order).toEqual([]);
  });
});

describe("a delivery that is not surely GitHub's", () => {
  const signature = "x-hub-signature-256";
  it.each([
    ["no signature", { [signature]: undefined }],
    ["a SHA-1 signature only", { [signature]: undefined, "x-hub-signature": sign(body, secret, "sha1") }],
    ["a SHA-1 signature in the place of the other", { [signature]: sign(body, secret, "sha1") }],
    ["a signature by another secret", { [signature]: sign(body, "guess") }],
    ["a signature by Probot's well-known secret", { [signature]: sign(body, "development") }],
    ["a signature of another body", { [signature]: sign(`${body} `) }],
    ["half a signature", { [signature]: sign(body).slice(0, 40) }],
    ["an empty signature", { [signature]: "" }],
  ])("is answered 401 and enqueues nothing: %s", async (_, headers) => {
    const door = await open();
    expect((await deliver(door.hook, { event: "issues", body, headers })).status).toBe(401);
    expect((await deliver(door.hook, { event: "watch", body, headers })).status).toBe(401);
    expect(door.order).toEqual([]);
  });

  it("is answered 503 as long as no secret is configured, even when it is signed by nothing", async () => {
    const door = await open({ secret: null });
    for (const key of [secret, "development", ""]) {
      const answer = await deliver(door.hook, {
        event: "issues",
        body,
        headers: { [signature]: sign(body, key) },
      });
      expect(answer.status).toBe(503);
    }
    expect(door.order).toEqual([]);
  });
});

describe("a request of another kind", () => {
  it.each([
    ["no event", { "x-github-event": undefined }, 400],
    ["an event that is no word", { "x-github-event": "issues;labeled" }, 400],
    ["no delivery id", { "x-github-delivery": undefined }, 400],
    ["a delivery id that is no GUID", { "x-github-delivery": "1" }, 400],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["no content type", { "content-type": undefined }, 415],
  ])("is refused: %s", async (_, headers, status) => {
    const door = await open();
    const sent =
      headers["content-type" as never] === undefined && "content-type" in headers ? Buffer.from(body) : body;
    expect((await deliver(door.hook, { event: "issues", body: sent, headers })).status).toBe(status);
    expect(door.order).toEqual([]);
  });

  it.each([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", "[]"],
    ["a word", '"labeled"'],
    ["null", "null"],
    ["bytes that are no UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("is refused although it is signed: %s", async (_, bytes) => {
    const door = await open();
    expect((await deliver(door.hook, { event: "issues", body: bytes })).status).toBe(400);
    expect(door.order).toEqual([]);
  });

  it("finds nothing elsewhere", async () => {
    const door = await open();
    expect((await fetch(door.hook)).status).toBe(405);
    expect((await fetch(`${door.url}/`)).status).toBe(404);
    expect((await fetch(`${door.url}/probot`)).status).toBe(404);
    expect((await fetch(`${door.hook}/`, { method: "POST", body })).status).toBe(404);
    expect((await fetch(`${door.url}/healthz`, { method: "POST", body })).status).toBe(404);
  });
});

describe("a queue that cannot take a delivery", () => {
  it("makes the answer 503 at once when it refuses", async () => {
    const door = await open({ enqueue: () => Promise.reject(new Error("Stream isn't writeable")) });
    const before = Date.now();
    expect((await deliver(door.hook, { event: "issues", body })).status).toBe(503);
    expect(Date.now() - before).toBeLessThan(1_000);
  });

  it("makes the answer 503 after the deadline when it hangs", async () => {
    const door = await open({ enqueue: () => new Promise(() => undefined), deadlineMs: 50 });
    expect((await deliver(door.hook, { event: "issues", body })).status).toBe(503);
  });

  it("gets no command whose text could not be stored", async () => {
    const door = await open({ keep: () => Promise.reject(new Error("OOM command not allowed")) });
    expect((await deliver(door.hook, { event: "issues", body })).status).toBe(503);
    expect(door.order).toEqual([]);
  });

  it("is asked for by /readyz, and not by /healthz", async () => {
    const up = await open();
    const down = await open({ ready: async () => false });
    const lost = await open({ ready: () => Promise.reject(new Error("no connection")) });
    const ask = async (path: string) =>
      Promise.all([up, down, lost].map(async ({ url }) => (await fetch(`${url}${path}`)).status));
    expect(await ask("/readyz")).toEqual([200, 503, 503]);
    expect(await ask("/healthz")).toEqual([200, 200, 200]);
  });
});

describe("the log", () => {
  it("names the delivery and never holds its text, even when storing fails and every line is kept", async () => {
    const title = "The password is hunter2";
    const secretive = JSON.stringify(
      example("issues.labeled", { label: { name: "agent-fix" }, issue: { title } }),
    );
    const door = await open({ enqueue: () => Promise.reject(new Error("no connection")) });
    await deliver(door.hook, { event: "issues", body: secretive, id: guid });
    expect(door.lines).toContainEqual(
      expect.objectContaining({ deliveryId: guid, msg: "delivery not taken", because: "no connection" }),
    );
    expect(JSON.stringify(door.lines)).not.toContain("hunter2");
  });

  it("says which fields were not as expected", async () => {
    const door = await open();
    const odd = JSON.stringify({ ...example("issues.labeled"), label: "agent-fix" });
    expect((await deliver(door.hook, { event: "issues", body: odd, id: guid })).status).toBe(202);
    expect(door.lines).toContainEqual(
      expect.objectContaining({ level: 40, deliveryId: guid, because: "not as expected: label" }),
    );
  });
});

describe("a large body", () => {
  /** JSON of exactly so many bytes. */
  const sized = (bytes: number) => {
    const start = `${body.slice(0, -1)},"padding":"`;
    return Buffer.from(`${start}${"x".repeat(bytes - Buffer.byteLength(start) - 2)}"}`);
  };

  it("of 25 MB is taken", async () => {
    const door = await open();
    expect((await deliver(door.hook, { event: "issues", body: sized(25_000_000) })).status).toBe(202);
    expect(door.commands).toHaveLength(1);
  });

  it("of one byte more is refused by its length", async () => {
    const door = await open();
    expect((await deliver(door.hook, { event: "issues", body: sized(25_000_001) })).status).toBe(413);
    expect(door.order).toEqual([]);
  });

  it("of one byte more is refused by its bytes when it names no length", async () => {
    const door = await open();
    const bytes = sized(25_000_001);
    const sent = httpRequest(door.hook, { method: "POST", headers: headersOf(bytes) });
    // The door closes once it has answered; whether the sender has stopped writing by then is chance.
    sent.on("error", () => undefined).end(bytes);
    const [response] = await once(sent, "response");
    expect(response.statusCode).toBe(413);
    expect(await text(response)).toBe("A delivery is at most 25 MB.");
    expect(door.order).toEqual([]);
  });

  it("of 60 MB is refused while it streams, in little memory, and the connection is closed", async () => {
    const door = await open();
    const chunk = Buffer.alloc(64 * 1024, "x");
    const sent = httpRequest(door.hook, { method: "POST", headers: headersOf(chunk) });
    const closed = once(sent, "close");
    sent.on("error", () => undefined);
    const answered = once(sent, "response");
    let answer: number | undefined;
    void answered.then(([response]) => {
      answer = response.statusCode;
      response.resume();
    });
    const before = process.memoryUsage().rss;
    let most = before;
    for (
      let written = 0;
      written < 60_000_000 && answer === undefined && !sent.destroyed;
      written += chunk.length
    ) {
      if (!sent.write(chunk)) await Promise.race([once(sent, "drain"), closed]);
      most = Math.max(most, process.memoryUsage().rss);
    }
    await answered;
    await closed;
    expect(answer).toBe(413);
    // The first 25 MB are held until the limit is passed; nothing of the rest is.
    expect(most - before).toBeLessThan(64_000_000);
    expect(door.order).toEqual([]);
  });

  it("that is unwanted is not held at all", async () => {
    const door = await open();
    expect((await deliver(door.hook, { event: "push", body: sized(20_000_000) })).status).toBe(202);
  });

  it("finds no room beside four others, and room again when they are gone", async () => {
    const door = await open();
    const bytes = sized(24_000_000);
    const held = Array.from({ length: 5 }, () => {
      const sent = httpRequest(door.hook, {
        method: "POST",
        headers: { ...headersOf(bytes), "content-length": bytes.length },
      });
      sent.on("error", () => undefined);
      return sent;
    });
    const answers = held.map(async (sent) => (await once(sent, "response"))[0].statusCode);
    await Promise.all(
      held.map((sent) => new Promise<void>((done) => sent.write(bytes.subarray(0, -1), () => done()))),
    );
    const refused = await Promise.race(answers);
    expect(refused).toBe(503);
    expect((await deliver(door.hook, { event: "issues", body })).status).toBe(202);
    for (const sent of held) sent.end(bytes.subarray(-1));
    expect((await Promise.all(answers)).sort()).toEqual([202, 202, 202, 202, 503]);
    expect((await deliver(door.hook, { event: "issues", body: bytes })).status).toBe(202);
  });

  it("nested without end is read and does no harm", async () => {
    const door = await open();
    const deep = `{"action":"labeled","issue":${"[".repeat(500_000)}${"]".repeat(500_000)}}`;
    expect((await deliver(door.hook, { event: "issues", body: deep })).status).toBe(202);
    expect(door.order).toEqual([]);
  });

  function headersOf(bytes: Buffer): Record<string, string> {
    return {
      "content-type": "application/json",
      "x-github-event": "issues",
      "x-github-delivery": guid,
      "x-hub-signature-256": sign(bytes),
    };
  }
});

describe("a sender who dawdles", () => {
  async function dawdle(first: string): Promise<{ answer: string; door: Awaited<ReturnType<typeof open>> }> {
    const door = await open({ wholeRequestMs: 200 });
    const socket = connect(Number(new URL(door.url).port), "127.0.0.1");
    socket.write(first);
    return { answer: await text(socket), door };
  }

  it("over the head is cut off", async () => {
    const { answer, door } = await dawdle("POST /api/github/webhooks HTTP/1.1\r\nhost: x\r\nx-git");
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(door.order).toEqual([]);
  });

  it("over the body is cut off", async () => {
    const head = [
      "POST /api/github/webhooks HTTP/1.1",
      "host: x",
      "content-type: application/json",
      "x-github-event: issues",
      `x-github-delivery: ${guid}`,
      `x-hub-signature-256: ${sign(body)}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ].join("\r\n");
    const { door } = await dawdle(`${head}\r\n\r\n${body.slice(0, 100)}`);
    expect(door.order).toEqual([]);
  });
});
