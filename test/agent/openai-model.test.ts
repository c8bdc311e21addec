import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { type Model, ModelFailure, type ModelRequest } from "../../src/agent/model.ts";
import { createOpenAiModel } from "../../src/agent/openai-model.ts";
import { worstUsage } from "../../src/agent/token-bounds.ts";
import { createEndpoint, type Endpoint, type EndpointRequest, sendJson } from "./support/model-endpoint.ts";

const key = "sk-proj-abcdefghijklmnop";
const never = new AbortController().signal;
const nasty = 'é 日本 🦀 \u0000 \ud83d " \\ \n </script> Phase: x';

const request: ModelRequest = {
  model: "gpt-5.4-mini",
  system: "the rules",
  tools: [{ name: "read_file", description: "Read.", parameters: { type: "object", properties: {} } }],
  messages: [
    { role: "user", text: `look ${nasty}` },
    { role: "assistant", text: "", toolCalls: [{ id: "c1", name: "read_file", arguments: '{"path": ' }] },
    { role: "tool", callId: "c1", text: nasty },
    { role: "assistant", text: "both", toolCalls: [{ id: "c2", name: "read_file", arguments: "{}" }] },
    { role: "tool", callId: "c2", text: "" },
    { role: "assistant", text: "words only", toolCalls: [] },
    { role: "user", text: "go on" },
  ],
  maxOutputTokens: 900,
};

let endpoint: Endpoint;
afterEach(() => endpoint.stop());

type Api = "chat" | "responses";
const apis: Api[] = ["chat", "responses"];

async function play(
  api: Api,
  answer: (response: ServerResponse, request: EndpointRequest, index: number) => void,
  options: { timeoutMs?: number } = {},
): Promise<Model> {
  endpoint = await createEndpoint(answer);
  return createOpenAiModel({
    apiKey: key,
    baseUrl: endpoint.url,
    api,
    timeoutMs: options.timeoutMs ?? 10_000,
    now: () => Date.parse("2026-11-20T12:00:00Z"),
  });
}

async function failureOf(model: Model, signal = never): Promise<ModelFailure> {
  const error: unknown = await model.complete(request, signal).catch((thrown: unknown) => thrown);
  if (!(error instanceof ModelFailure)) throw new Error(`not a ModelFailure: ${String(error)}`);
  expect(error.message).not.toContain(key);
  return error;
}

/** A sound answer of each protocol with a text, two calls, and whatever else is given. */
const sound: Record<Api, (extra?: object) => object> = {
  chat: (extra = {}) => ({
    choices: [
      {
        finish_reason: "tool_calls",
        message: {
          content: nasty,
          reasoning_content: "thinking",
          tool_calls: [
            {
              id: "c3",
              type: "function",
              function: { name: "a", arguments: JSON.stringify({ text: nasty }) },
            },
            { id: "c4", type: "function", function: { name: "b", arguments: '{"broken": ' } },
          ],
        },
      },
    ],
    usage: { prompt_tokens: 1200, completion_tokens: 30, prompt_tokens_details: { cached_tokens: 1024 } },
    ...extra,
  }),
  responses: (extra = {}) => ({
    status: "completed",
    output: [
      { type: "reasoning", id: "rs_1", summary: [] },
      {
        type: "message",
        role: "assistant",
        content: [{ type: "output_text", text: nasty, annotations: [] }],
      },
      { type: "function_call", call_id: "c3", name: "a", arguments: JSON.stringify({ text: nasty }) },
      { type: "function_call", call_id: "c4", name: "b", arguments: '{"broken": ' },
      { type: "some_new_thing", anything: 1 },
    ],
    usage: { input_tokens: 1200, output_tokens: 30, input_tokens_details: { cached_tokens: 1024 } },
    ...extra,
  }),
};

describe("what goes over the wire", () => {
  it("is a chat completion with what never changes first and the messages last", async () => {
    const model = await play("chat", (response) => sendJson(response, sound.chat()));
    await model.complete(request, never);
    const [sent] = endpoint.requests;
    expect(sent!.path).toBe("/v1/chat/completions");
    expect(sent!.headers.authorization).toBe(`Bearer ${key}`);
    expect(Object.keys(JSON.parse(sent!.raw))).toEqual(["model", "max_tokens", "tools", "messages"]);
    expect(JSON.parse(sent!.raw)).toEqual({
      model: "gpt-5.4-mini",
      max_tokens: 900,
      tools: [{ type: "function", function: { ...request.tools[0], strict: true } }],
      messages: [
        { role: "system", content: "the rules" },
        { role: "user", content: `look ${nasty}` },
        {
          role: "assistant",
          content: null,
          tool_calls: [
            { id: "c1", type: "function", function: { name: "read_file", arguments: '{"path": ' } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: nasty },
        {
          role: "assistant",
          content: "both",
          tool_calls: [{ id: "c2", type: "function", function: { name: "read_file", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c2", content: "" },
        { role: "assistant", content: "words only" },
        { role: "user", content: "go on" },
      ],
    });
  });

  it("is a response with nothing stored, what never changes first and the input last", async () => {
    const model = await play("responses", (response) => sendJson(response, sound.responses()));
    await model.complete(request, never);
    const [sent] = endpoint.requests;
    expect(sent!.path).toBe("/v1/responses");
    expect(Object.keys(JSON.parse(sent!.raw))).toEqual([
      "model",
      "store",
      "max_output_tokens",
      "tools",
      "instructions",
      "input",
    ]);
    expect(JSON.parse(sent!.raw)).toEqual({
      model: "gpt-5.4-mini",
      store: false,
      max_output_tokens: 900,
      tools: [{ type: "function", ...request.tools[0], strict: true }],
      instructions: "the rules",
      input: [
        { role: "user", content: `look ${nasty}` },
        { type: "function_call", call_id: "c1", name: "read_file", arguments: '{"path": ' },
        { type: "function_call_output", call_id: "c1", output: nasty },
        { role: "assistant", content: "both" },
        { type: "function_call", call_id: "c2", name: "read_file", arguments: "{}" },
        { type: "function_call_output", call_id: "c2", output: "" },
        { role: "assistant", content: "words only" },
        { role: "user", content: "go on" },
      ],
    });
  });

  it("does not take who pays from the environment", async () => {
    const names = { OPENAI_ADMIN_KEY: "sk-admin-x", OPENAI_ORG_ID: "org-x", OPENAI_PROJECT_ID: "proj-x" };
    Object.assign(process.env, names);
    try {
      const model = await play("chat", (response) => sendJson(response, sound.chat()));
      await model.complete(request, never);
    } finally {
      for (const name of Object.keys(names)) delete process.env[name];
    }
    const { headers } = endpoint.requests[0]!;
    expect([headers.authorization, headers["openai-organization"], headers["openai-project"]]).toEqual([
      `Bearer ${key}`,
      undefined,
      undefined,
    ]);
  });

  it("names the output cap as the server wants it, after one refusal", async () => {
    const model = await play("chat", (response, { raw }) =>
      raw.includes('"max_tokens"')
        ? sendJson(
            response,
            {
              error: { message: "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead." },
            },
            400,
          )
        : sendJson(response, sound.chat()),
    );
    expect(await failureOf(model)).toMatchObject({ next: "retry", retryAfterMs: 0, usage: null });
    expect((await model.complete(request, never)).text).toBe(nasty);
    expect(JSON.parse(endpoint.requests[1]!.raw)).toMatchObject({ max_completion_tokens: 900 });
  });
});

describe.each(apis)("an answer of %s", (api) => {
  it("is read with its calls as written and its usage", async () => {
    const model = await play(api, (response) => sendJson(response, sound[api]()));
    expect(await model.complete(request, never)).toEqual({
      text: nasty,
      toolCalls: [
        { id: "c3", name: "a", arguments: JSON.stringify({ text: nasty }) },
        { id: "c4", name: "b", arguments: '{"broken": ' },
      ],
      finish: "tool_calls",
      usage: { inputTokens: 1200, cachedTokens: 1024, outputTokens: 30, counted: "by_provider" },
    });
  });

  it("keeps arguments of a megabyte whole", async () => {
    const huge = JSON.stringify({ content: "é\n".repeat(350_000) });
    const model = await play(api, (response) =>
      sendJson(
        response,
        api === "chat"
          ? {
              choices: [{ message: { tool_calls: [{ id: "c", function: { name: "a", arguments: huge } }] } }],
            }
          : { output: [{ type: "function_call", call_id: "c", name: "a", arguments: huge }] },
      ),
    );
    const reply = await model.complete(request, never);
    expect(reply.toolCalls[0]!.arguments === huge).toBe(true);
  });

  it.each([
    ["missing", undefined],
    ["null", null],
    ["senseless", { prompt_tokens: -1, completion_tokens: "many", input_tokens: 0.5, output_tokens: null }],
  ])("with %s usage is costed as the worst it can be", async (_, usage) => {
    const model = await play(api, (response) => sendJson(response, sound[api]({ usage })));
    const reply = await model.complete(request, never);
    expect(reply.usage).toEqual({
      inputTokens: worstUsage(request).inputTokens,
      cachedTokens: 0,
      outputTokens: 900,
      counted: "pessimistically",
    });
  });

  it("is read even when it is labelled as text and leaves out what it can", async () => {
    const bare =
      api === "chat"
        ? {
            choices: [
              { message: { content: null, tool_calls: [{ function: { name: "a", arguments: { x: 1 } } }] } },
            ],
          }
        : { output: [{ type: "function_call", name: "a", arguments: { x: 1 } }] };
    const model = await play(api, (response) => response.end(JSON.stringify(bare)));
    expect(await model.complete(request, never)).toMatchObject({
      text: "",
      toolCalls: [{ id: "", name: "a", arguments: '{"x":1}' }],
      finish: "tool_calls",
    });
  });

  it("that was cut at the cap says so", async () => {
    const cut =
      api === "chat"
        ? { choices: [{ finish_reason: "length", message: { content: "half" } }] }
        : {
            status: "incomplete",
            incomplete_details: { reason: "max_output_tokens" },
            output: [{ type: "message", content: [{ type: "output_text", text: "half" }] }],
          };
    const model = await play(api, (response) => sendJson(response, cut));
    expect(await model.complete(request, never)).toMatchObject({ text: "half", finish: "length" });
  });

  it("that refuses says so, with the words of the refusal", async () => {
    const refusal =
      api === "chat"
        ? { choices: [{ finish_reason: "stop", message: { content: null, refusal: "I won't." } }] }
        : {
            status: "completed",
            output: [{ type: "message", content: [{ type: "refusal", refusal: "I won't." }] }],
          };
    const model = await play(api, (response) => sendJson(response, refusal));
    expect(await model.complete(request, never)).toMatchObject({ text: "I won't.", finish: "refused" });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    [
      "a web page",
      (response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>Sign in</html>"),
    ],
    ["nothing", (response) => response.writeHead(200, { "content-type": "application/json" }).end()],
    [
      "half a JSON",
      (response) =>
        response.writeHead(200, { "content-type": "application/json" }).end('{"choices": [{"mess'),
    ],
    ["other JSON", (response) => sendJson(response, { hello: ["world"] })],
    ["a list", (response) => sendJson(response, [1, 2])],
    ["null", (response) => sendJson(response, null)],
    ["an error dressed as success", (response) => sendJson(response, { error: { message: "no", code: 1 } })],
    [
      "calls without a name",
      (response) =>
        sendJson(response, {
          choices: [{ message: { tool_calls: [{ id: "x", function: {} }] } }],
          output: [{ type: "function_call", call_id: "x" }],
        }),
    ],
  ])("that is %s is rejected and costed", async (_, answer) => {
    const failure = await failureOf(await play(api, answer));
    expect(failure).toMatchObject({ next: "reject", usage: worstUsage(request) });
  });

  it("that never ends is cut off at a limit", async () => {
    const model = await play(api, (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const chunk = `"${"x".repeat(1_000_000)}`;
      const more = () => {
        if (!response.destroyed && response.write(chunk)) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    });
    expect(await failureOf(model)).toMatchObject({ next: "reject", usage: worstUsage(request) });
  });

  it("whose connection breaks half-way is tried again and counted as billed", async () => {
    const model = await play(api, (response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "5000" });
      response.write('{"output": [');
      setImmediate(() => response.destroy());
    });
    expect(await failureOf(model)).toMatchObject({ next: "retry", usage: worstUsage(request) });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["never comes", () => {}],
    ["stops in the middle of its body", (response) => void response.writeHead(200).write("{")],
  ])("that %s ends in a time-out", async (_, answer) => {
    const failure = await failureOf(await play(api, answer, { timeoutMs: 150 }));
    expect(failure).toMatchObject({
      next: "retry",
      message: "The model did not answer within 0 seconds.",
      usage: worstUsage(request),
    });
  });

  it("that is given up ends at once", async () => {
    const controller = new AbortController();
    const model = await play(api, () => controller.abort());
    expect(await failureOf(model, controller.signal)).toMatchObject({
      next: "abort",
      usage: worstUsage(request),
    });
  });
});

describe("a refusal by the endpoint", () => {
  const error = (message: string, code: string | null = null) => ({
    error: { message, code, type: "x", param: null },
  });
  const cases: [name: string, status: number, body: unknown, next: string, words: RegExp][] = [
    [
      "a wrong key",
      401,
      error(`Incorrect API key provided: ${key}`, "invalid_api_key"),
      "ask",
      /refused the API key/,
    ],
    [
      "a forbidden model",
      403,
      error(`Project of ${key} lacks access`),
      "ask",
      /may not use the model "gpt-5.4-mini".*\[key\]/,
    ],
    [
      "an unknown model",
      404,
      error("The model does not exist", "model_not_found"),
      "ask",
      /does not know the model "gpt-5.4-mini".*base URL.*does not exist/,
    ],
    ["a used-up quota", 429, error("You exceeded your quota", "insufficient_quota"), "ask", /no quota left/],
    ["no credit", 402, error("Payment required"), "ask", /no quota left/],
    [
      "a conversation that is too long",
      400,
      error("too long", "context_length_exceeded"),
      "ask",
      /longer than the model/,
    ],
    [
      "a bad request",
      400,
      error('Invalid <!-- x --> value: "tools"'),
      "ask",
      /status 400\. It said: "400 Invalid value: 'tools'"/,
    ],
    ["a rate limit", 429, error("slow down", "rate_limit_exceeded"), "retry", /limiting our rate/],
    ["an outage", 503, "<html>Bad gateway</html>", "retry", /status 503/],
    ["an error of its own", 500, error("boom"), "retry", /status 500/],
    ["overload", 529, error("overloaded"), "retry", /status 529/],
  ];
  it.each(cases)("for %s (%d) names what to do", async (_, status, body, next, words) => {
    const failure = await failureOf(await play("responses", (response) => sendJson(response, body, status)));
    expect(failure).toMatchObject({ next, usage: null, retryAfterMs: null });
    expect(failure.message).toMatch(words);
  });

  it("that redirects is not followed, so that no code goes to another host", async () => {
    const model = await play("responses", (response) =>
      response.writeHead(307, { location: "/elsewhere" }).end(),
    );
    const failure = await failureOf(model);
    expect(failure.next).toBe("ask");
    expect(failure.message).toMatch(/final base URL/);
    expect(endpoint.requests).toHaveLength(1);
  });

  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after-ms": "250" }, 250],
    [{ "retry-after": "Fri, 20 Nov 2026 12:01:30 GMT" }, 90_000],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "-5" }, null],
  ])("with %o says when to come back", async (headers, retryAfterMs) => {
    const failure = await failureOf(await play("chat", (response) => sendJson(response, {}, 429, headers)));
    expect(failure).toMatchObject({ next: "retry", retryAfterMs });
  });

  it("is asked once: the SDK repeats nothing", async () => {
    const model = await play("responses", (response) => sendJson(response, {}, 500));
    await failureOf(model);
    expect(endpoint.requests).toHaveLength(1);
  });

  it("by nobody listening costs nothing", async () => {
    const model = await play("chat", () => {});
    await endpoint.stop();
    const failure = await failureOf(model);
    expect(failure).toMatchObject({ next: "retry", usage: null });
    expect(failure.message).toMatch(/cannot be reached \(ECONNREFUSED\)/);
  });
});

describe("a response that failed at the provider", () => {
  it("is tried again when the fault is a passing one", async () => {
    const model = await play("responses", (response) =>
      sendJson(response, { status: "failed", error: { code: "server_error", message: "x" }, output: [] }),
    );
    expect(await failureOf(model)).toMatchObject({ next: "retry" });
  });
  it("is rejected otherwise", async () => {
    const model = await play("responses", (response) =>
      sendJson(response, { status: "cancelled", output: [], usage: { input_tokens: 5, output_tokens: 1 } }),
    );
    expect(await failureOf(model)).toMatchObject({
      next: "reject",
      usage: { inputTokens: 5, outputTokens: 1, counted: "by_provider" },
    });
  });
});
