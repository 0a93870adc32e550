import { afterEach, describe, expect, it } from "vitest";
import { SpendLedger } from "../ledger.js";
import type { Model } from "../model.js";
import { openModel } from "../open-model.js";
import { type ModelServer, type Script, startModelServer } from "./model-server.js";
import { request } from "./scripted-provider.js";

const servers: ModelServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(...script: Script[]): Promise<ModelServer> {
  const server = await startModelServer(script);
  servers.push(server);
  return server;
}

const names = ["openai:gpt-5.1", "compatible:llama3.3", "anthropic:claude-sonnet-5-5"] as const;

/** The model of a name as a program would open it, talking to the server over real sockets. */
function open(
  name: string,
  server: ModelServer,
  limits: { readonly idleMs?: number; readonly ledger?: SpendLedger } = {},
): Model {
  const model = openModel(name, {
    env: {
      OPENAI_API_KEY: "key",
      ANTHROPIC_API_KEY: "key",
      OPENAI_BASE_URL: `${server.url}/v1`,
      ANTHROPIC_BASE_URL: server.url,
      AGENT_TUNE_OPENAI_API: "responses",
    },
    retry: { baseMs: 1, attempts: 3 },
    ...limits,
  });
  if (model === undefined) throw new Error("no model");
  return model;
}

/** Resolves once no connection waits for the server any more: what was given up is really closed. */
async function closed(server: ModelServer): Promise<void> {
  while (server.open() > 0) await new Promise((resolve) => setImmediate(resolve));
}

const long = { deadlineMs: 15_000 };
const good = { text: "good" };

describe.each(names)("%s over real sockets", (name) => {
  it("answers", async () => {
    const server = await serve({ output: { lr: 0.1 }, thinking: "hm" });
    const output = {
      name: "advice",
      schema: { type: "object", properties: { lr: { type: "number" } }, required: ["lr"] },
    };
    await expect(open(name, server).ask(request({ output }), long)).resolves.toMatchObject({ output: { lr: 0.1 } });
    expect(server.requests).toHaveLength(1);
  });

  it.each<[string, Script]>([
    ["a reset before the answer", { reset: true }],
    ["a stream that ends half way", { answer: { text: "a long answer, cut" }, cutAfter: 0.6, how: "end" }],
    ["a reset in the middle of the stream", { answer: { text: "a long answer, cut" }, cutAfter: 0.6, how: "reset" }],
    ["an overloaded server", { status: 529, error: { message: "Overloaded", type: "overloaded_error" } }],
    ["a web page", { raw: "<html></html>", contentType: "text/html" }],
    ["an empty body", { raw: "", contentType: "application/json" }],
  ])("asks again after %s", async (_, script) => {
    const server = await serve(script, good);
    await expect(open(name, server).ask(request(), long)).resolves.toMatchObject({ text: "good" });
    expect(server.requests).toHaveLength(2);
  });

  it("sends no more requests than it may", async () => {
    const server = await serve({ status: 500, error: { message: "oops" } });
    await expect(open(name, server).ask(request(), long)).rejects.toMatchObject({ failure: "overloaded" });
    expect(server.requests).toHaveLength(3);
  });

  it("closes a stream that stalls, and asks again", async () => {
    const server = await serve({ answer: { text: "a long answer that stalls" }, stallAfter: 0.7 }, good);
    await expect(open(name, server, { idleMs: 200 }).ask(request(), long)).resolves.toMatchObject({ text: "good" });
    await closed(server);
    // On a busy machine the good answer may be taken for stalled as well, and asked for once more.
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
  });

  it("closes the connection of a server that hangs, at the deadline, and counts the call as spent", async () => {
    const server = await serve({ hang: true });
    const ledger = new SpendLedger({ caps: { tokens: 100_000 } });
    await expect(open(name, server, { ledger }).ask(request(), { deadlineMs: 300 })).rejects.toMatchObject({
      failure: "deadline",
    });
    await closed(server);
    expect(ledger.total().tokens).toBeGreaterThan(1000);
  });

  it("closes the connection when it is cancelled", async () => {
    const cancel = new AbortController();
    const server = await startModelServer(() => {
      cancel.abort();
      return { hang: true };
    });
    servers.push(server);
    await expect(open(name, server).ask(request(), { ...long, signal: cancel.signal })).rejects.toMatchObject({
      failure: "cancelled",
    });
    await closed(server);
    expect(server.requests).toHaveLength(1);
  });
});

it("says that a server is not there", async () => {
  const server = await startModelServer([good]);
  await server.close();
  const ledger = new SpendLedger();
  const asked = open("compatible:m", server, { ledger }).ask(request(), long);
  await expect(asked).rejects.toMatchObject({
    failure: "network",
    message: expect.stringMatching(/cannot be reached.*ECONNREFUSED/),
  });
  expect(ledger.total().tokens).toBe(0);
});

it("charges nothing for an address that is refused before anything is sent", async () => {
  const ledger = new SpendLedger();
  // The discard port is one of those that fetch does not open.
  const model = openModel("compatible:m@http://127.0.0.1:9/v1", { env: {}, ledger, retry: { attempts: 1 } });
  await expect(model?.ask(request(), long)).rejects.toMatchObject({
    failure: "network",
    message: expect.stringMatching(/cannot be reached.*bad port/),
  });
  expect(ledger.total().tokens).toBe(0);
});

it("chooses Chat Completions at a host that is not OpenAI's", async () => {
  const server = await serve(good);
  const model = openModel("openai:m", { env: { OPENAI_API_KEY: "key", OPENAI_BASE_URL: `${server.url}/v1` } });
  await expect(model?.ask(request(), long)).resolves.toMatchObject({ text: "good" });
  expect(server.requests[0]).toMatchObject({ api: "chat", path: "/v1/chat/completions" });
});

it("answers from a function of the request, repeats the last answer of a list, and knows no other path", async () => {
  const server = await startModelServer(({ index, body }) => ({ text: `${index} ${body.model}` }));
  servers.push(server);
  const model = open("compatible:m", server);
  await expect(model.ask(request(), long)).resolves.toMatchObject({ text: "0 m" });
  await expect(model.ask(request(), long)).resolves.toMatchObject({ text: "1 m" });
  expect((await fetch(`${server.url}/v1/elsewhere`, { method: "POST" })).status).toBe(404);
});
