import { excerpt } from "./answer-json.js";
import { type CallContext, ModelCallError } from "./model.js";

/** What was seen on the wire during one request. */
export interface Wire {
  /** Headers of an answer arrived. */
  answered: boolean;
  /** Bytes of the body. */
  bytes: number;
  requestId: string | undefined;
  /** Body of an answer with an error status. */
  errorText: string | undefined;
  /** Why the answer is not one that the API could give; told apart here because an SDK would swallow it. */
  failure: ModelCallError | undefined;
  readonly fetch: typeof fetch;
}

/**
 * A `fetch` for one request: feeds the watchdog with every chunk, and recognises what comes with status 200 and
 * yet is no stream: pages of a proxy, empty and broken bodies.
 *
 * @param eventsOf turns a whole JSON answer into the events of a stream, for servers that do not stream
 */
export function watchedFetch(context: CallContext, eventsOf: (answer: unknown) => readonly unknown[]): Wire {
  const wire: Wire = {
    answered: false,
    bytes: 0,
    requestId: undefined,
    errorText: undefined,
    failure: undefined,
    async fetch(input, init) {
      const response = await fetch(input, init);
      wire.answered = true;
      wire.requestId = response.headers.get("request-id") ?? response.headers.get("x-request-id") ?? undefined;
      context.alive();
      if (!response.ok) {
        wire.errorText = await response.text();
        return new Response(wire.errorText, { status: response.status, headers: response.headers });
      }
      const fail = (failure: ModelCallError): never => {
        wire.failure = failure;
        throw failure;
      };
      const type = response.headers.get("content-type") ?? "";
      if (/\bhtml\b/.test(type)) {
        return fail(htmlFailure(await response.text()));
      }
      if (/\bjson\b/.test(type)) {
        const text = await response.text();
        wire.bytes += text.length;
        if (text.trim() === "") return fail(new ModelCallError("empty", "The server answered with an empty body."));
        return sseResponse(wholeEvents(parseWhole(text, fail), eventsOf, fail), response);
      }
      return watchedBody(response, wire, context);
    },
  };
  return wire;
}

/** A stream that ended without its last event: nothing at all, or broken off. */
export function endedEarly(wire: Wire): ModelCallError {
  return wire.bytes === 0
    ? new ModelCallError("empty", "The server answered with an empty body.")
    : new ModelCallError("cut_stream", "The answer broke off: the stream ended without its last event.");
}

function parseWhole(text: string, fail: (failure: ModelCallError) => never): unknown {
  try {
    return JSON.parse(text);
  } catch {
    if (looksLikeHtml(text)) return fail(htmlFailure(text));
    return fail(
      new ModelCallError("not_json", `The server's answer is JSON that breaks off or is damaged: ${excerpt(text)}`),
    );
  }
}

function wholeEvents(
  answer: unknown,
  eventsOf: (answer: unknown) => readonly unknown[],
  fail: (failure: ModelCallError) => never,
): readonly unknown[] {
  try {
    return eventsOf(answer);
  } catch (cause) {
    const shown = excerpt(JSON.stringify(answer));
    return fail(
      new ModelCallError("not_json", `The server's answer has not the form of this API: ${shown}`, { cause }),
    );
  }
}

function watchedBody(response: Response, wire: Wire, context: CallContext): Response {
  if (response.body === null) return response;
  const decoder = new TextDecoder();
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (wire.bytes === 0) {
          const start = decoder.decode(chunk, { stream: true });
          if (looksLikeHtml(start)) {
            wire.failure = htmlFailure(start);
            controller.error(wire.failure);
            return;
          }
        }
        wire.bytes += chunk.byteLength;
        context.alive();
        controller.enqueue(chunk);
      },
    }),
  );
  return new Response(body, { status: response.status, headers: response.headers });
}

function sseResponse(events: readonly unknown[], response: Response): Response {
  const text = events.map((event) => `${eventName(event)}data: ${JSON.stringify(event)}\n\n`).join("");
  const headers = new Headers(response.headers);
  headers.set("content-type", "text/event-stream");
  headers.delete("content-length");
  headers.delete("content-encoding");
  return new Response(text, { status: response.status, headers });
}

function eventName(event: unknown): string {
  const named = typeof event === "object" && event !== null && "type" in event && typeof event.type === "string";
  return named ? `event: ${event.type}\n` : "";
}

function looksLikeHtml(text: string): boolean {
  return /^\s*<(?:!doctype\s+html|html|head|body)\b/i.test(text);
}

function htmlFailure(text: string): ModelCallError {
  const title = /<title[^>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim();
  return new ModelCallError(
    "html",
    `The server answered with a web page instead of a model's answer${title ? ` ("${title}")` : ""}; a proxy or a wrong base URL does that.`,
  );
}
