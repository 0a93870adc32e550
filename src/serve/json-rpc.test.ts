import { describe, expect, it } from "vitest";
import { AgentTuneError, ExitCode, errorCodes } from "../errors.js";
import { answerLine, type Call } from "./json-rpc.js";
import { errorObject, rpcCodes } from "./rpc-error.js";

const echo: Call = (method, params) => {
  if (method === "fail") throw new AgentTuneError("study_held", { message: "Held.", where: "x", remedy: "Wait." });
  if (method === "break") throw new TypeError("a mistake");
  return method === "nothing" ? undefined : { method, params };
};
const answer = (text: unknown, call = echo): unknown => {
  const said = answerLine(typeof text === "string" ? text : JSON.stringify(text), call);
  return said === undefined ? undefined : JSON.parse(said);
};
const request = (more: object): object => ({ jsonrpc: "2.0", id: 1, method: "echo", ...more });

describe("JSON-RPC 2.0", () => {
  it("answers a request with its id, whatever kind of id that is", () => {
    for (const id of [1, "a", 1.5, null, 0, ""]) {
      expect(answer(request({ id, params: { x: 1 } }))).toEqual({
        jsonrpc: "2.0",
        id,
        result: { method: "echo", params: { x: 1 } },
      });
    }
    expect(answer(request({ method: "nothing" }))).toEqual({ jsonrpc: "2.0", id: 1, result: null });
  });

  it("answers a batch in its order, without its notifications, and nothing to notifications alone", () => {
    const note = { jsonrpc: "2.0", method: "echo" };
    expect(answer([request({ id: 2 }), note, 7, request({ id: 3, method: "fail" })])).toMatchObject([
      { id: 2, result: {} },
      { id: null, error: { code: rpcCodes.invalidRequest } },
      { id: 3, error: { code: -32003 } },
    ]);
    expect(answer([note, note])).toBeUndefined();
    expect(answer(note)).toBeUndefined();
    expect(answer({ ...note, method: "fail" })).toBeUndefined();
  });

  it.each([
    ["{", rpcCodes.parseError, null],
    ['{"value": NaN}', rpcCodes.parseError, null],
    ["[]", rpcCodes.invalidRequest, null],
    ["3", rpcCodes.invalidRequest, null],
    [JSON.stringify({ id: 4, method: "echo" }), rpcCodes.invalidRequest, 4],
    [JSON.stringify(request({ id: {}, method: "echo" })), rpcCodes.invalidRequest, null],
    [JSON.stringify(request({ method: 3 })), rpcCodes.invalidRequest, 1],
    [JSON.stringify(request({ params: [1] })), rpcCodes.invalidParams, 1],
    [JSON.stringify(request({ params: null })), rpcCodes.invalidParams, 1],
    [JSON.stringify(request({ method: "break" })), rpcCodes.internal, 1],
  ])("%s is error %i", (line, code, id) => {
    expect(answer(line)).toMatchObject({ jsonrpc: "2.0", id, error: { code } });
  });

  it("says what, where and what to do in errors of agent-tune", () => {
    expect(answer(request({ method: "fail" }))).toMatchObject({
      error: { code: -32003, message: "Held.", data: { code: "study_held", where: "x", remedy: "Wait." } },
    });
  });

  it("keeps agent-tune's own errors within the range that the protocol leaves to servers", () => {
    for (const code of errorCodes) {
      const error = new AgentTuneError(code, { message: "" });
      const { code: number, data } = errorObject(error);
      expect(data.code).toBe(code);
      if (code === "internal") expect(number).toBe(rpcCodes.internal);
      else if (error.exitCode === ExitCode.interrupted) expect(number).toBe(-32099);
      else expect(number).toBe(-32000 - error.exitCode);
    }
  });
});
