import { CommanderError } from "commander";
import { AgentTuneError, ExitCode } from "../errors.js";
import type { Terminal } from "./terminal.js";

/**
 * Tells the person what went wrong, where, and what to do; with `--json` also as one object on standard output.
 * Returns the exit code.
 */
export function reportFailure(terminal: Terminal, error: unknown, json: boolean): ExitCode {
  if (error instanceof CommanderError) {
    // commander has written its message already; help and version are not failures.
    if (error.exitCode === 0) return ExitCode.ok;
    if (json) terminal.out(errorJson(new AgentTuneError("usage", { message: error.message.replace(/^error: /, "") })));
    return ExitCode.usage;
  }
  const known = AgentTuneError.isInstance(error) ? error : unexpected(error);
  const lines = [`error: ${known.message}`];
  if (known.where !== undefined) lines.push(`  where: ${known.where}`);
  if (known.remedy !== undefined) lines.push(`  do: ${known.remedy}`);
  if (known.code === "internal" && terminal.env["AGENT_TUNE_DEBUG"] && error instanceof Error) {
    lines.push(error.stack ?? "");
  }
  terminal.err(lines.join("\n"));
  if (json) terminal.out(errorJson(known));
  return known.exitCode;
}

function errorJson({ code, message, where, remedy }: AgentTuneError): string {
  return JSON.stringify({ schema: "agent-tune/error/1", code, message, where, remedy });
}

function unexpected(error: unknown): AgentTuneError {
  return new AgentTuneError("internal", {
    message: error instanceof Error ? error.message : String(error),
    remedy: "This is a fault of agent-tune. Run again with AGENT_TUNE_DEBUG=1 and report what it prints.",
    cause: error,
  });
}
