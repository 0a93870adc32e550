import { z } from "zod";
import { ModelCallError, type ModelFailure, type Usage } from "./model.js";
import { retryAfterMilliseconds } from "./retry-after.js";
import type { Wire } from "./watched-fetch.js";

const nothing: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/** What a server says about an error, wherever it says it. */
export interface ServerError {
  readonly status?: number | undefined;
  /** Code and type as the server gives them, for example `insufficient_quota`. */
  readonly codes: readonly string[];
  readonly message: string;
}

/** Which failure an error of a server is. Both vendors' codes, and those of the servers that imitate them. */
export function classifyServerError({ status, codes, message }: ServerError): ModelFailure {
  const code = codes.join(" ").toLowerCase();
  const said = message.toLowerCase();
  if (
    /insufficient_quota|billing|credit_balance|usage_limit_reached/.test(code) ||
    /exceeded your current quota|credit balance is too low|insufficient (balance|credits|funds)|reached your specified api usage limits/.test(
      said,
    )
  ) {
    return "quota_exhausted";
  }
  if (status === 402) return "quota_exhausted";
  if (/model_not_found|deploymentnotfound/.test(code)) return "unknown_model";
  const refusedAsWrong = status === undefined || status === 400 || status === 404 || status === 422;
  if (
    refusedAsWrong &&
    /\bmodel\b.{0,80}?(does not exist|not found)|no such model|unknown model|not a valid model/.test(said)
  ) {
    return "unknown_model";
  }
  if (status === 401 || status === 403 || /authentication_error|permission_error|invalid_api_key/.test(code))
    return "auth";
  if (status === 404 || /not_found_error/.test(code)) return "unknown_model";
  if (status === 429 || /rate_limit/.test(code)) return "rate_limited";
  if (status === 408) return "network";
  if (status === 409 || status === 425) return "overloaded";
  if (status !== undefined && status >= 500) return "overloaded";
  if (/overloaded|server_error|api_error|timeout_error|internal_error|unavailable/.test(code)) return "overloaded";
  if (/content_policy|content_filter|bio_policy|cyber_policy|policy_violation/.test(code)) return "refusal";
  return "bad_request";
}

// The parts of an SDK's error that are read; both SDKs and LangChain's wrappers have this shape.
const sdkError = z.looseObject({
  status: z.number().optional().catch(undefined),
  code: z.string().optional().catch(undefined),
  type: z.string().optional().catch(undefined),
  message: z.string().catch(""),
  error: z.unknown().optional(),
  headers: z.unknown().optional(),
});
const errorBody = z.looseObject({
  message: z.string().optional().catch(undefined),
  detail: z.string().optional().catch(undefined),
  code: z
    .union([z.string(), z.number().transform(String)])
    .optional()
    .catch(undefined),
  type: z.string().optional().catch(undefined),
  error: z.unknown().optional(),
});

/** Codes of the network layer that mean that the request never left. */
const neverSent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS)/;

/**
 * Turns whatever a request threw into the one failure it is.
 *
 * @param now milliseconds since the epoch, for Retry-After dates
 */
export function failureOf(error: unknown, wire: Wire | undefined, now: number): ModelCallError {
  if (error instanceof ModelCallError) return error;
  if (wire?.failure !== undefined) return wire.failure;
  if (error instanceof z.ZodError) {
    return new ModelCallError(
      "not_json",
      `The server's answer has not the form of this API: ${z.prettifyError(error)}`,
      {
        cause: error,
      },
    );
  }
  const parsed = sdkError.safeParse(error);
  if (parsed.success) {
    const server = serverErrorOf(parsed.data, wire?.errorText);
    if (server !== undefined) {
      return new ModelCallError(classifyServerError(server), server.message, {
        status: server.status,
        // Refused before it was worked on: not billed. An error in the middle of a stream may be.
        usage: server.status === undefined ? undefined : nothing,
        retryAfterMs: retryAfterMilliseconds(headersOf(parsed.data.headers), now),
        cause: error,
      });
    }
  }
  const { code, text } = rootCause(error);
  if (wire?.answered === true) {
    return new ModelCallError("cut_stream", `The answer broke off: ${text}`, { cause: error });
  }
  // fetch refuses ports of other protocols by itself and gives no code for it.
  const unsent = (code !== undefined && neverSent.test(code)) || text === "bad port";
  return new ModelCallError(
    "network",
    `${unsent ? "The server cannot be reached" : "The connection failed"}: ${text}`,
    {
      usage: unsent ? nothing : undefined,
      cause: error,
    },
  );
}

function serverErrorOf(error: z.infer<typeof sdkError>, body: string | undefined): ServerError | undefined {
  const outer = errorBody.safeParse(error.error);
  const inner = outer.success ? errorBody.safeParse(outer.data.error) : undefined;
  if (error.status === undefined && !outer.success) return undefined;
  // Some servers explain themselves at the top of the body, where the SDKs do not look.
  const whole = errorBody.safeParse(jsonOf(body));
  const bodies = [inner, outer, whole].flatMap((b) => (b?.success === true ? [b.data] : []));
  const text = bodies.map((b) => b.message ?? b.detail).find((m) => m !== undefined);
  const plain = typeof error.error === "string" ? error.error : undefined;
  const codes = [error.code, error.type, ...bodies.flatMap((b) => [b.code, b.type])].filter((c) => c !== undefined);
  return {
    status: error.status,
    codes: codes.filter((c) => c !== "error"),
    message: `${error.status === undefined ? "" : `HTTP ${error.status}: `}${readable(text ?? plain ?? withoutStatus(error))}`,
  };
}

function jsonOf(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Both SDKs put the status in front of a text that is no JSON. */
function withoutStatus({
  status,
  message,
}: {
  readonly status?: number | undefined;
  readonly message: string;
}): string {
  const prefix = `${status} `;
  return message.startsWith(prefix) ? message.slice(prefix.length) : message;
}

/** Proxies explain themselves in whole pages. */
function readable(text: string): string {
  const words = text
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return words === "" ? "no explanation" : words.length > 400 ? `${words.slice(0, 400)}...` : words;
}

/** Reads an error that a server sent as an event of a stream, with status 200. */
export function streamError(
  codes: readonly (string | null | undefined)[],
  message: string | null | undefined,
): ModelCallError {
  const known = codes.filter((c) => typeof c === "string");
  const text = message ?? "no explanation";
  return new ModelCallError(
    classifyServerError({ codes: known, message: text }),
    `The server reported an error: ${text}`,
  );
}

/** What can be said of an error that is no answer of a server: the innermost code and text. */
export function rootCause(error: unknown): { readonly code: string | undefined; readonly text: string } {
  let code: string | undefined;
  let text = "no explanation";
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if (at.message !== "") text = at.message;
    if ("code" in at && typeof at.code === "string") code = at.code;
  }
  return { code, text: code === undefined || text.includes(code) ? text : `${text} (${code})` };
}

function headersOf(headers: unknown): { get(name: string): string | null } | undefined {
  if (headers instanceof Headers) return headers;
  const plain = z.record(z.string(), z.unknown()).safeParse(headers);
  if (!plain.success) return undefined;
  return {
    get(name) {
      const value = plain.data[name];
      return typeof value === "string" || typeof value === "number" ? String(value) : null;
    },
  };
}
