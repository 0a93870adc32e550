import { AgentTuneError, type ExitCode } from "../errors.js";

/** Codes that JSON-RPC 2.0 itself defines. */
export const rpcCodes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
} as const;

/**
 * Codes of agent-tune's own errors: -32000 minus the exit code that the command line would end with, so that they say
 * what kind of error it is; `data.code` says which. All of them lie in the range that JSON-RPC leaves to servers.
 */
const byExitCode: Readonly<Record<ExitCode, number>> = {
  0: -32000,
  1: -32001,
  2: -32002,
  3: -32003,
  4: -32004,
  5: -32005,
  6: -32006,
  7: -32007,
  130: -32099,
};

/** An error as it is answered. `data` has agent-tune's own code, and where and what to do where that is known. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string; readonly where?: string; readonly remedy?: string };
}

/** A request that cannot be carried out as it is written. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    readonly details: { readonly where?: string; readonly remedy?: string } = {},
  ) {
    super(message);
    this.name = "RpcError";
  }
}

/** @param where the parameter, for example `params.count` */
export function invalidParams(where: string, message: string, remedy?: string): RpcError {
  return new RpcError(rpcCodes.invalidParams, `${where}: ${message}`, {
    where,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Whatever was thrown, as it is answered. */
export function errorObject(error: unknown): ErrorObject {
  if (error instanceof RpcError) {
    return { code: error.code, message: error.message, data: { code: "usage", ...error.details } };
  }
  if (AgentTuneError.isInstance(error)) {
    const { code, message, where, remedy } = error;
    return {
      code: code === "internal" ? rpcCodes.internal : byExitCode[error.exitCode],
      message,
      data: { code, ...(where === undefined ? {} : { where }), ...(remedy === undefined ? {} : { remedy }) },
    };
  }
  return {
    code: rpcCodes.internal,
    message: error instanceof Error ? error.message : String(error),
    data: { code: "internal", remedy: "This is a fault of agent-tune: please report it." },
  };
}
