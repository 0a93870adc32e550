import { readFileSync } from "node:fs";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { type Exchange, modelFailures } from "./model.js";

const usage = z.object({
  input: z.number().nonnegative(),
  cacheRead: z.number().nonnegative(),
  cacheWrite: z.number().nonnegative(),
  output: z.number().nonnegative(),
});
const toolCall = z.object({ id: z.string(), name: z.string(), input: z.unknown() });
const jsonSchema = z.record(z.string(), z.unknown());
const message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("user"), text: z.string(), stable: z.boolean().exactOptional() }),
  z.object({
    role: z.literal("assistant"),
    text: z.string(),
    toolCalls: z.array(toolCall),
    continuation: z.unknown().exactOptional(),
  }),
  z.object({
    role: z.literal("tool"),
    callId: z.string(),
    name: z.string(),
    text: z.string(),
    isError: z.boolean().exactOptional(),
  }),
]);

/** One line of a recording, format 1. */
export const exchangeSchema = z.object({
  version: z.literal(1),
  key: z.string().min(1),
  model: z.string(),
  request: z.object({
    key: z.string(),
    system: z.string(),
    messages: z.array(message),
    tools: z.array(z.object({ name: z.string(), description: z.string(), input: jsonSchema })).exactOptional(),
    toolChoice: z.literal("none").exactOptional(),
    output: z.object({ name: z.string(), schema: jsonSchema }).exactOptional(),
    maxOutputTokens: z.number().int().positive(),
  }),
  result: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("answer"),
      answer: z.object({
        text: z.string(),
        output: z.unknown().exactOptional(),
        toolCalls: z.array(toolCall),
        usage: usage.nullable(),
        model: z.string(),
        requestId: z.string().exactOptional(),
        continuation: z.unknown().exactOptional(),
      }),
    }),
    z.object({ kind: z.literal("failure"), failure: z.enum(modelFailures), message: z.string() }),
  ]),
  attempts: z.number().int().nonnegative(),
  usage,
  cost: z.number().nonnegative().nullable(),
  milliseconds: z.number().nonnegative(),
}) satisfies z.ZodType<Exchange>;

/** One line, without the line break. */
export function writeExchange(exchange: Exchange): string {
  return JSON.stringify(exchange);
}

/**
 * Reads a recording: one exchange a line, empty lines allowed.
 * @param where name of the file, for messages
 * @throws AgentTuneError `recording_invalid` with the number of the line that is wrong
 */
export function readRecording(text: string, where: string): readonly Exchange[] {
  const exchanges: Exchange[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    exchanges.push(readExchange(line, `${where}:${index + 1}`));
  }
  return exchanges;
}

/** @throws AgentTuneError `recording_invalid`, also where the file cannot be read */
export function readRecordingFile(path: string): readonly Exchange[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new AgentTuneError("recording_invalid", {
      message: `The recording cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      remedy: "Give the path of a recording (JSON lines) that agent-tune has written.",
      cause,
    });
  }
  return readRecording(text, path);
}

function readExchange(line: string, where: string): Exchange {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw invalid(where, "this line is not JSON", cause);
  }
  const version = z.looseObject({ version: z.number() }).safeParse(value);
  if (version.success && version.data.version > 1) {
    throw new AgentTuneError("recording_invalid", {
      message: `The recording has format ${version.data.version}; this agent-tune reads format 1.`,
      where,
      remedy: "Update agent-tune to the version that wrote it.",
    });
  }
  const parsed = exchangeSchema.safeParse(value);
  if (!parsed.success) throw invalid(where, z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

function invalid(where: string, detail: string, cause: unknown): AgentTuneError {
  return new AgentTuneError("recording_invalid", {
    message: `The recording is damaged: ${detail}`,
    where,
    remedy: "Use an unchanged recording, or remove the line; the calls after it then have no answer.",
    cause,
  });
}
