import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type ModelApi, type ScriptedAnswer, streamOf } from "./wire-shapes.js";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly api: ModelApi;
  /** 0 for the first request of this server. */
  readonly index: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the server does with one request. */
export type Script =
  | ScriptedAnswer
  /** An error of the API. */
  | {
      readonly status: number;
      readonly error: { readonly message: string; readonly type?: string; readonly code?: string };
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Takes the request and never answers. */
  | { readonly hang: true }
  /** Streams the answer up to this share of its bytes, then ends the stream or resets the connection. */
  | { readonly answer: ScriptedAnswer; readonly cutAfter: number; readonly how: "end" | "reset" }
  /** Streams up to this share of the bytes and then keeps silent. */
  | { readonly answer: ScriptedAnswer; readonly stallAfter: number }
  /** Status, type and body as they are. */
  | { readonly raw: string; readonly status?: number; readonly contentType: string }
  /** Closes the connection without an answer. */
  | { readonly reset: true };

export interface ModelServer {
  /** `http://127.0.0.1:PORT`; OPENAI_BASE_URL is this and `/v1`, ANTHROPIC_BASE_URL this alone. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Connections on which an answer is still owed. */
  readonly open: () => number;
  close(): Promise<void>;
}

const apis: Readonly<Record<string, ModelApi>> = {
  "/v1/responses": "responses",
  "/v1/chat/completions": "chat",
  "/v1/messages": "messages",
};

/**
 * A server on the loopback that speaks enough of the Responses, Chat Completions and Messages interfaces to
 * stand in for them in tests of whole programs.
 *
 * @param script the answers in order, the last one repeated; or a function from the request to the answer
 */
export async function startModelServer(
  script: readonly Script[] | ((request: SeenRequest) => Script | Promise<Script>),
): Promise<ModelServer> {
  const requests: SeenRequest[] = [];
  const owed = new Set<ServerResponse>();
  const answerTo = (request: SeenRequest): Script | Promise<Script> => {
    if (typeof script === "function") return script(request);
    return (
      script[Math.min(request.index, script.length - 1)] ?? { status: 500, error: { message: "the script is empty" } }
    );
  };
  const server = createServer((incoming, response) => {
    owed.add(response);
    response.on("close", () => owed.delete(response));
    void serve(incoming, response).catch((error: unknown) => {
      if (!response.headersSent) sendError(response, 500, { message: String(error) });
      else response.destroy();
    });
  });

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? "";
    const api = apis[path];
    const text = await bodyOf(incoming);
    if (api === undefined) return sendError(response, 404, { message: `there is nothing at ${path}` });
    const request: SeenRequest = { api, index: requests.length, path, headers: incoming.headers, body: readBody(text) };
    requests.push(request);
    await play(await answerTo(request), request, response);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    open: () => owed.size,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function play(script: Script, request: SeenRequest, response: ServerResponse): Promise<void> {
  if ("hang" in script) return;
  if ("reset" in script) {
    response.socket?.resetAndDestroy();
    return;
  }
  if ("raw" in script) {
    response.writeHead(script.status ?? 200, { "content-type": script.contentType }).end(script.raw);
    return;
  }
  if ("error" in script) return sendError(response, script.status, script.error, script.headers);

  const model = typeof request.body.model === "string" ? request.body.model : "model";
  const stream = (answer: ScriptedAnswer): string => streamOf(request.api, answer, { model, index: request.index });
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": `req_${request.index}` });
  if ("answer" in script) {
    const whole = stream(script.answer);
    const share = "cutAfter" in script ? script.cutAfter : script.stallAfter;
    await new Promise<void>((resolve) => {
      response.write(whole.slice(0, Math.floor(share * whole.length)), () => resolve());
    });
    if ("stallAfter" in script) return;
    if (script.how === "end") response.end();
    else response.socket?.resetAndDestroy();
    return;
  }
  response.end(stream(script));
}

function sendError(
  response: ServerResponse,
  status: number,
  error: { readonly message: string; readonly type?: string; readonly code?: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify({ type: "error", error: { type: "invalid_request_error", ...error } }));
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function readBody(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new TypeError("the request is not a JSON object");
  return Object.fromEntries(Object.entries(value));
}
