import { HttpResponse, http, type PathParams } from "msw";
import { setupServer } from "msw/node";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { ModelAnswer, ModelProvider, ModelRequest } from "../model.js";
import { createProvider } from "../open-model.js";
import { type ModelApi, type ScriptedAnswer, streamOf } from "./wire-shapes.js";

/** One provider of each wire, with the address its requests go to. */
export const wires = [
  {
    api: "responses",
    url: "https://api.openai.com/v1/responses",
    create: (): ModelProvider =>
      createProvider({ provider: "openai", model: "gpt-5.1", baseUrl: "https://api.openai.com/v1", apiKey: "sk-test" }),
  },
  {
    api: "chat",
    url: "http://localhost:11434/v1/chat/completions",
    create: (): ModelProvider =>
      createProvider({ provider: "openai-compatible", model: "llama", baseUrl: "http://localhost:11434/v1" }),
  },
  {
    api: "messages",
    url: "https://api.anthropic.com/v1/messages",
    create: (): ModelProvider =>
      createProvider({
        provider: "anthropic",
        model: "claude-sonnet-5-5",
        baseUrl: "https://api.anthropic.com",
        apiKey: "test-key",
      }),
  },
] as const satisfies readonly { api: ModelApi; url: string; create: () => ModelProvider }[];

export interface SeenOnWire {
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

/** Installs msw for a test file; anything that would reach the network fails the test. */
export function interceptWire(): {
  /** Answers requests to the address one after the other; @returns the requests, filled as they come */
  answer(url: string, ...responses: readonly (() => Response)[]): SeenOnWire[];
} {
  const server = setupServer();
  beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
  afterEach(() => server.resetHandlers());
  afterAll(() => server.close());
  return {
    answer(url, ...responses) {
      const seen: SeenOnWire[] = [];
      server.use(
        http.post<PathParams, Record<string, unknown>>(url, async ({ request }) => {
          seen.push({ body: await request.json(), headers: request.headers });
          const response = responses[seen.length - 1];
          if (response === undefined) throw new Error(`request ${seen.length} was not expected`);
          return response();
        }),
      );
      return seen;
    },
  };
}

export function stream(api: ModelApi, answer: ScriptedAnswer, model = "model-2026-01-01"): () => Response {
  return () => sse(streamOf(api, answer, { model, index: 0 }));
}

export function sse(text: string): Response {
  return new HttpResponse(text, { headers: { "content-type": "text/event-stream", "x-request-id": "req_1" } });
}

/** Sends a text in chunks of a few bytes, cut through lines and characters, and ends as it is told. */
export function brokenStream(text: string, end: "close" | "error"): Response {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at < bytes.length) {
        controller.enqueue(bytes.slice(at, at + 7));
        at += 7;
      } else if (end === "close") controller.close();
      else controller.error(new TypeError("terminated"));
    },
  });
  return new HttpResponse(body, { headers: { "content-type": "text/event-stream" } });
}

export function jsonResponse(status: number, body: unknown, headers: Record<string, string> = {}): () => Response {
  return () =>
    new HttpResponse(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

/** One request without the client around it. */
export function callOnce(provider: ModelProvider, request: ModelRequest): Promise<ModelAnswer> {
  return provider.call(request, {
    signal: new AbortController().signal,
    alive: () => {},
    now: () => Date.parse("2026-11-20T12:00:00Z"),
  });
}
