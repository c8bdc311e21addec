import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AskPerson, LeaseLost, TryLater } from "../../src/errors.ts";
import { UnreadableAnswer } from "../../src/github/answer.ts";
import { type EffectDeps, type EffectSpec, effect } from "../../src/github/effect.ts";
import { NOW, newRecord, silent } from "./support.ts";

type Thing = { id: number };

/** A server that holds things; `answers` says for each call what happens to it. */
function newServer(answers: readonly ("ok" | "lost" | "applied, then lost" | "exists" | "refused")[]) {
  const things: Thing[] = [];
  let calls = 0;
  let looks = 0;
  const failure = (status: number, message: string) =>
    Object.assign(new Error(message), { status, response: { headers: {}, data: { message } } });
  return {
    things,
    calls: () => calls,
    looks: () => looks,
    look: () => {
      looks++;
      return Promise.resolve(things[0] ?? null);
    },
    act: () => {
      const answer = answers[calls++] ?? "ok";
      if (answer === "ok" || answer === "applied, then lost") things.push({ id: things.length + 1 });
      if (answer === "exists") return Promise.reject(failure(422, "Reference already exists"));
      if (answer === "refused") return Promise.reject(failure(422, "body is too long"));
      if (answer !== "ok") return Promise.reject(failure(502, "Server Error"));
      return Promise.resolve({ id: things.length });
    },
  };
}

function newSpec(
  server: ReturnType<typeof newServer>,
  more: Partial<EffectSpec<Thing>> = {},
): EffectSpec<Thing> {
  return {
    opKey: "k",
    op: "thing.create",
    args: { a: 1 },
    receipt: z.object({ id: z.int() }),
    key: "marker",
    look: server.look,
    act: server.act,
    ...more,
  };
}

function newDeps(): EffectDeps & { slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    settleMs: 15_000,
    now: () => NOW,
    log: silent,
    sleep: (ms) => Promise.resolve(void slept.push(ms)),
    explain: (answer, op) => new AskPerson("github", `${op}: ${answer.message}`),
  };
}

describe("effect", () => {
  it("looks once, records the intent, calls once, and records the receipt", async () => {
    const server = newServer(["ok"]);
    const { record, journal, receipts } = newRecord();
    expect(await effect(record, newSpec(server), newDeps())).toEqual({ id: 1 });
    expect(journal).toEqual(["intended thing.create", "made thing.create"]);
    expect(receipts.get("k")).toEqual({ id: 1 });
    expect(server.looks()).toBe(1);
  });

  it("calls nobody when there is a receipt", async () => {
    const server = newServer([]);
    const { record, journal } = newRecord({ intended: ["k"], receipts: { k: { id: 42 } } });
    expect(await effect(record, newSpec(server), newDeps())).toEqual({ id: 42 });
    expect([server.calls(), server.looks(), journal]).toEqual([0, 0, []]);
  });

  it("looks before it acts after a crash, and adopts what is there", async () => {
    const server = newServer([]);
    server.things.push({ id: 8 });
    const { record, journal } = newRecord({ intended: ["k"] });
    expect(await effect(record, newSpec(server), newDeps())).toEqual({ id: 8 });
    expect([server.calls(), journal]).toEqual([0, ["adopted thing.create"]]);
  });

  it("waits once more after a crash, for the request of the dead worker may still be under way", async () => {
    const server = newServer([]);
    const { record } = newRecord({ intended: ["k"] });
    const deps = newDeps();
    deps.sleep = (ms) => {
      deps.slept.push(ms);
      server.things.push({ id: 9 });
      return Promise.resolve();
    };
    expect(await effect(record, newSpec(server), deps)).toEqual({ id: 9 });
    expect([server.calls(), deps.slept]).toEqual([0, [15_000]]);
  });

  it("makes one thing when the server applied the call and answered 502", async () => {
    const server = newServer(["applied, then lost"]);
    const { record, journal } = newRecord();
    const deps = newDeps();
    expect(await effect(record, newSpec(server), deps)).toEqual({ id: 1 });
    expect([server.calls(), server.things.length, deps.slept]).toEqual([1, 1, [15_000]]);
    expect(journal).toEqual(["intended thing.create", "adopted thing.create"]);
  });

  it("acts again when the server lost the call, after it has looked twice", async () => {
    const server = newServer(["lost", "ok"]);
    const deps = newDeps();
    expect(await effect(newRecord().record, newSpec(server), deps)).toEqual({ id: 1 });
    expect([server.calls(), server.looks(), deps.slept]).toEqual([2, 3, [15_000, 15_000]]);
  });

  it("waits only shortly where the server itself refuses twins", async () => {
    const deps = newDeps();
    await effect(newRecord().record, newSpec(newServer(["lost", "ok"]), { key: "server" }), deps);
    expect(deps.slept).toEqual([1_000, 1_000]);
  });

  it("gives up after three calls and asks to be called later; the intent stays", async () => {
    const server = newServer(["lost", "lost", "lost", "ok"]);
    const { record, journal } = newRecord();
    await expect(effect(record, newSpec(server), newDeps())).rejects.toBeInstanceOf(TryLater);
    // Each call that may be a second one stands in the record, so that twins are looked for later.
    expect([server.calls(), journal]).toEqual([3, Array(3).fill("intended thing.create")]);
  });

  it("takes an answer of another shape for no answer", async () => {
    const server = newServer([]);
    const act = () => {
      server.things.push({ id: 5 });
      return Promise.resolve(JSON.parse('{"id":null}') as Thing);
    };
    expect(await effect(newRecord().record, newSpec(server, { act }), newDeps())).toEqual({ id: 5 });
    expect(server.things).toHaveLength(1);
  });

  it("takes a page of HTML for no answer", async () => {
    const server = newServer([]);
    const act = () => {
      server.things.push({ id: 6 });
      return Promise.reject(new UnreadableAnswer("200 with a body that is not JSON"));
    };
    expect(await effect(newRecord().record, newSpec(server, { act }), newDeps())).toEqual({ id: 6 });
  });

  it("adopts what already exists without waiting", async () => {
    const server = newServer(["exists"]);
    const look = () => Promise.resolve({ id: 3 });
    const deps = newDeps();
    const { record, journal } = newRecord();
    expect(await effect(record, newSpec(server, { look }), deps)).toEqual({ id: 3 });
    expect([deps.slept, journal]).toEqual([[], ["intended thing.create", "adopted thing.create"]]);
  });

  it("asks a person when it exists and is not to be found", async () => {
    const server = newServer(["exists", "exists"]);
    await expect(effect(newRecord().record, newSpec(server), newDeps())).rejects.toThrow(
      new AskPerson("github", "thing.create: Reference already exists"),
    );
    expect(server.calls()).toBe(1);
  });

  it("asks a person when GitHub refuses for good, and does not repeat the call", async () => {
    const server = newServer(["refused"]);
    await expect(effect(newRecord().record, newSpec(server), newDeps())).rejects.toThrow("body is too long");
    expect(server.calls()).toBe(1);
  });

  it("writes nothing once the lease is gone, neither at first nor after a doubt", async () => {
    const lost = new LeaseLost("another worker has the run");
    const early = newServer(["ok"]);
    const first = newRecord();
    first.forbid(lost);
    await expect(effect(first.record, newSpec(early), newDeps())).rejects.toBe(lost);
    expect(early.calls()).toBe(0);

    const late = newServer(["lost", "ok"]);
    const second = newRecord();
    const deps = newDeps();
    deps.sleep = () => Promise.resolve(second.forbid(lost));
    await expect(effect(second.record, newSpec(late), deps)).rejects.toBe(lost);
    expect([late.calls(), late.things]).toEqual([1, []]);
  });

  it("calls nobody where people or a life that Redis has forgotten have made the thing already", async () => {
    const server = newServer([]);
    server.things.push({ id: 4 });
    const { record, journal } = newRecord();
    expect(await effect(record, newSpec(server), newDeps())).toEqual({ id: 4 });
    expect([server.calls(), journal]).toEqual([0, ["intended thing.create", "adopted thing.create"]]);
  });

  it("hashes the arguments alike whatever the order of their keys", async () => {
    const hashes: string[] = [];
    for (const args of [
      { a: 1, b: { c: 2, d: 3 } },
      { b: { d: 3, c: 2 }, a: 1 },
      { a: 2, b: { c: 2, d: 3 } },
    ]) {
      const { record } = newRecord();
      record.intend = (entry) => Promise.resolve(void hashes.push(entry.argsHash));
      await effect(record, newSpec(newServer(["ok"]), { args }), newDeps());
    }
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});
