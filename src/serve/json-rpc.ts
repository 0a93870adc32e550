import { errorObject, RpcError, rpcCodes } from "./rpc-error.js";

/** Parameters of a request, by name. */
export type Params = Readonly<Record<string, unknown>>;

/**
 * Carries out one request and returns its result.
 *
 * @throws RpcError or AgentTuneError, which are answered
 */
export type Call = (method: string, params: Params) => unknown;

type Id = string | number | null;

/**
 * Answers one line: a request, a notification, or a batch of them (JSON-RPC 2.0). Never throws.
 *
 * @returns JSON without newlines; undefined where nothing is to be answered, as for notifications
 */
export function answerLine(text: string, call: Call): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return unreadable(
      `The line is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      'Write one JSON object a line. JSON has no NaN and no Infinity: write "NaN" and "Infinity" as texts.',
    );
  }
  if (!Array.isArray(parsed)) return answerOne(parsed, call);
  if (parsed.length === 0) return failure(null, invalidRequest("the batch is empty"));
  const answers = parsed.flatMap((request) => answerOne(request, call) ?? []);
  return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
}

/** Answer to a line that could not be read as a request at all. */
export function unreadable(message: string, remedy: string): string {
  return failure(null, new RpcError(rpcCodes.parseError, message, { remedy }));
}

function answerOne(request: unknown, call: Call): string | undefined {
  if (!isObject(request)) return failure(null, invalidRequest("it is not an object"));
  const { jsonrpc, method, params = {}, id } = request;
  const known = isId(id) ? id : null;
  if (jsonrpc !== "2.0") return failure(known, invalidRequest('"jsonrpc" is not "2.0"'));
  if (typeof method !== "string") return failure(known, invalidRequest('"method" is not a text'));
  if (id !== undefined && !isId(id)) return failure(null, invalidRequest('"id" is neither a text nor a number'));
  try {
    if (!isObject(params)) {
      const message = "params: parameters are given by name, in an object";
      throw new RpcError(rpcCodes.invalidParams, message, { where: "params" });
    }
    const result = call(method, params);
    return id === undefined ? undefined : JSON.stringify({ jsonrpc: "2.0", id, result: result ?? null });
  } catch (error) {
    // What goes wrong with a notification is nobody's to hear: JSON-RPC has no answer for it.
    return id === undefined ? undefined : failure(id, error);
  }
}

function failure(id: Id, error: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: errorObject(error) });
}

function invalidRequest(what: string): RpcError {
  return new RpcError(rpcCodes.invalidRequest, `This is not a request of JSON-RPC 2.0: ${what}.`, {
    remedy: 'Write {"jsonrpc": "2.0", "id": 1, "method": "...", "params": {...}}.',
  });
}

function isId(id: unknown): id is Id {
  return typeof id === "string" || typeof id === "number" || id === null;
}

export function isObject(value: unknown): value is Params {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
