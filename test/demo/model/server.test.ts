import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseScript } from "../../../demo/model/script.ts";
import { createScriptedModel, type ScriptedModel } from "../../../demo/model/server.ts";

const script = parseScript(
  JSON.stringify({
    version: 1,
    model: "scripted-1",
    phases: {
      "step 1, attempt 1": [
        {
          text: "Two files.",
          toolCalls: [
            { name: "read_file", arguments: { path: "a.js", from: null } },
            { name: "read_file", arguments: '{"path": ' },
          ],
          usage: { input: 1200, cached: 1024, output: 80 },
        },
        { text: "Done." },
      ],
    },
  }),
);

const task = { role: "user" as const, content: "the task\nPhase: step 1, attempt 1" };
let server: ScriptedModel;
let client: OpenAI;

beforeEach(async () => {
  server = await createScriptedModel({ script });
  client = new OpenAI({ baseURL: server.url, apiKey: "any", maxRetries: 0 });
});
afterEach(() => server.stop());

describe("the scripted model, asked by the openai SDK", () => {
  it("answers chat completions in order", async () => {
    const first = await client.chat.completions.create({ model: "m-1", messages: [task] });
    const message = first.choices[0]!.message;
    expect(first.model).toBe("m-1");
    expect(first.choices[0]!.finish_reason).toBe("tool_calls");
    expect(message).toEqual({
      role: "assistant",
      content: "Two files.",
      refusal: null,
      tool_calls: [
        {
          id: expect.stringMatching(/^call_/),
          type: "function",
          function: { name: "read_file", arguments: '{"path":"a.js","from":null}' },
        },
        {
          id: expect.stringMatching(/^call_/),
          type: "function",
          function: { name: "read_file", arguments: '{"path": ' },
        },
      ],
    });
    expect(first.usage).toEqual({
      prompt_tokens: 1200,
      completion_tokens: 80,
      total_tokens: 1280,
      prompt_tokens_details: { cached_tokens: 1024 },
      completion_tokens_details: { reasoning_tokens: 0 },
    });

    const results = message.tool_calls!.map((call) => ({
      role: "tool" as const,
      tool_call_id: call.id,
      content: "x",
    }));
    const second = await client.chat.completions.create({
      model: "m-1",
      messages: [task, message, ...results],
    });
    expect(second.choices[0]).toMatchObject({ finish_reason: "stop", message: { content: "Done." } });
  });

  it("answers responses in order", async () => {
    const first = await client.responses.create({ model: "m-1", input: [task] });
    expect(first.output_text).toBe("Two files.");
    expect(first.output.map((item) => item.type)).toEqual(["message", "function_call", "function_call"]);
    expect(first.usage).toEqual({
      input_tokens: 1200,
      input_tokens_details: { cached_tokens: 1024 },
      output_tokens: 80,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 1280,
    });

    const results = first.output.flatMap((item) =>
      item.type === "function_call"
        ? [{ type: "function_call_output" as const, call_id: item.call_id, output: "x" }]
        : [],
    );
    const input = [task, ...(first.output as OpenAI.Responses.ResponseInputItem[]), ...results];
    const second = await client.responses.create({ model: "m-1", input });
    expect(second.output_text).toBe("Done.");
  });

  it("gives the same bytes for the same conversation, also from another server", async () => {
    const ask = async (url: string) => {
      const headers = { authorization: "Bearer k", "content-type": "application/json" };
      const answer = await fetch(`${url}/responses`, {
        method: "POST",
        headers,
        body: JSON.stringify({ input: [task] }),
      });
      return answer.text();
    };
    const other = await createScriptedModel({ script });
    const answers = [await ask(server.url), await ask(server.url), await ask(other.url)];
    await other.stop();
    expect(new Set(answers).size).toBe(1);
  });

  it("records every request with its bytes, its place and its answer", async () => {
    await client.chat.completions.create({ model: "m-1", messages: [task] });
    await expect.poll(() => server.requests[0]?.answered).not.toBeNull();
    expect(server.requests).toEqual([
      {
        api: "chat",
        raw: JSON.stringify({ model: "m-1", messages: [task] }),
        body: { model: "m-1", messages: [task] },
        place: { phase: "step 1, attempt 1", index: 0 },
        receivedAt: expect.any(Number),
        answered: { status: 200, at: expect.any(Number) },
      },
    ]);
  });

  it("lists its model", async () => {
    const models = await client.models.list();
    expect(models.data.map((model) => model.id)).toEqual(["scripted-1"]);
  });
});

describe("usage that the script leaves out", () => {
  const ask = (messages: OpenAI.Chat.ChatCompletionMessageParam[]) =>
    client.chat.completions.create({ model: "m", messages }).then((answer) => answer.usage);
  const turn = { role: "assistant" as const, content: "one" };

  it("counts four characters a token and caches the shared prefix in blocks of 128", async () => {
    const long = { role: "user" as const, content: `${"x".repeat(6000)}\nPhase: step 1, attempt 1` };
    const fresh = await ask([long, turn]);
    const warm = await ask([long, turn, { role: "user", content: "go on" }]);
    expect(fresh).toMatchObject({ completion_tokens: 2, prompt_tokens_details: { cached_tokens: 0 } });
    expect(fresh?.prompt_tokens).toBe(Math.ceil(JSON.stringify([null, null, [long, turn]]).length / 4));
    expect(warm?.prompt_tokens_details).toEqual({ cached_tokens: 11 * 128 });
  });

  it("caches nothing under 1,024 tokens", async () => {
    await ask([task, turn]);
    expect(await ask([task, turn])).toMatchObject({ prompt_tokens_details: { cached_tokens: 0 } });
  });
});

describe("refusals say what is wrong", () => {
  const post = async (body: string, headers: Record<string, string> = { authorization: "Bearer k" }) => {
    const answer = await fetch(`${server.url}/chat/completions`, { method: "POST", headers, body });
    return { status: answer.status, body: await answer.json() };
  };
  const error = (code: string, message: unknown) => ({
    error: { message, type: "invalid_request_error", param: null, code },
  });

  it("names the phase that the script does not have", async () => {
    const messages = [{ role: "user" as const, content: "Phase: repair 1, attempt 1" }];
    await expect(client.chat.completions.create({ model: "m", messages })).rejects.toMatchObject({
      status: 400,
      code: "script_exhausted",
      error: { phase: "repair 1, attempt 1", index: 0 },
      message: expect.stringContaining('it has no phase "repair 1, attempt 1" (it has: step 1, attempt 1)'),
    });
  });

  it("names the answer that the phase does not have", async () => {
    const turn = { role: "assistant" as const, content: "x" };
    await expect(
      client.chat.completions.create({ model: "m", messages: [task, turn, turn] }),
    ).rejects.toMatchObject({
      status: 400,
      error: { phase: "step 1, attempt 1", index: 2 },
      message: expect.stringContaining("holds 2 answer(s) and answer 3 (index 2) was asked for"),
    });
  });

  it("refuses what it cannot serve", async () => {
    const messages = [task];
    expect(await post("{}", {})).toEqual({ status: 401, body: error("invalid_api_key", expect.any(String)) });
    expect(await post("{")).toEqual({ status: 400, body: error("invalid_json", expect.any(String)) });
    expect(await post("{}")).toEqual({
      status: 400,
      body: error("no_phase", expect.stringContaining("Phase: …")),
    });
    expect(await post(JSON.stringify({ messages, stream: true }))).toEqual({
      status: 400,
      body: error("unsupported", expect.stringContaining("`stream`")),
    });
    expect(await fetch(`${server.url}/embeddings`, { method: "POST" })).toMatchObject({ status: 404 });
  });
});

describe("levers for faults", () => {
  const ask = (options: { timeout?: number } = {}) =>
    client.chat.completions.create({ model: "m", messages: [task] }, options);

  it("fails as often as told, with the told headers, and then goes on where the conversation is", async () => {
    server.failNext({
      status: 429,
      headers: { "retry-after": "7" },
      body: { error: { message: "slow down" } },
      times: 2,
    });
    for (const _ of [1, 2]) {
      const error = await ask().catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(OpenAI.RateLimitError);
      expect((error as InstanceType<typeof OpenAI.APIError>).headers?.get("retry-after")).toBe("7");
    }
    expect((await ask()).choices[0]!.message.content).toBe("Two files.");
    expect(server.requests.map((request) => request.place?.index)).toEqual([0, 0, 0]);
  });

  it("hangs until the client gives up, then answers", async () => {
    server.hang();
    await expect(ask({ timeout: 100 })).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    expect((await ask()).choices[0]!.message.content).toBe("Two files.");
    expect(server.requests[0]?.answered).toBeNull();
  });

  it("fails or hangs in the named phase only", async () => {
    server.failNext({ status: 401, phase: "another phase" });
    server.hang(1, "another phase");
    expect((await ask()).choices[0]!.message.content).toBe("Two files.");
    server.failNext({ status: 401, phase: server.requests[0]?.place?.phase ?? "" });
    await expect(ask()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });

  it("takes the told time for an answer and none for a refusal", async () => {
    server.setLatency(60_000);
    await expect(ask({ timeout: 100 })).rejects.toBeInstanceOf(OpenAI.APIConnectionTimeoutError);
    server.failNext({ status: 500 });
    await expect(ask({ timeout: 5000 })).rejects.toBeInstanceOf(OpenAI.InternalServerError);
    server.setLatency(0);
    expect((await ask()).choices[0]!.message.content).toBe("Two files.");
  });

  it("lets a hanging request go when it stops", async () => {
    server.hang();
    const hanging = ask().catch((error: unknown) => error);
    await expect.poll(() => server.requests.length).toBe(1);
    await server.stop();
    expect(await hanging).toBeInstanceOf(OpenAI.APIConnectionError);
  });
});
