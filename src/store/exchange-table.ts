import { z } from "zod";
import { type Exchange, modelFailures } from "../llm/model.js";
import { readJson, readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

const toolCall = z.object({ id: z.string(), name: z.string(), input: z.unknown() });
const toolCalls = z.array(toolCall).readonly();
const usage = z.object({ input: z.number(), cacheRead: z.number(), cacheWrite: z.number(), output: z.number() });
const jsonSchema = z.record(z.string(), z.unknown());

const message = z.discriminatedUnion("role", [
  z.object({ role: z.literal("user"), text: z.string(), stable: z.boolean().exactOptional() }),
  z.object({
    role: z.literal("assistant"),
    text: z.string(),
    toolCalls,
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

const schema = z.object({
  version: z.literal(1),
  key: z.string(),
  model: z.string(),
  request: z.object({
    key: z.string(),
    system: z.string(),
    messages: z.array(message).readonly(),
    tools: z
      .array(z.object({ name: z.string(), description: z.string(), input: jsonSchema }))
      .readonly()
      .exactOptional(),
    output: z.object({ name: z.string(), schema: jsonSchema }).exactOptional(),
    maxOutputTokens: z.number(),
  }),
  result: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("answer"),
      answer: z.object({
        text: z.string(),
        output: z.unknown().exactOptional(),
        toolCalls,
        usage: usage.nullable(),
        model: z.string(),
        requestId: z.string().exactOptional(),
        continuation: z.unknown().exactOptional(),
      }),
    }),
    z.object({ kind: z.literal("failure"), failure: z.enum(modelFailures), message: z.string() }),
  ]),
  attempts: z.number(),
  usage,
  cost: z.number().nullable(),
  milliseconds: z.number(),
});
/** What the schema reads back. The compiler holds it to `Exchange` in both directions below. */
type StoredExchange = z.infer<typeof schema>;

/** Exchanges read at once: whole conversations are large. */
const page = 32;

/** Call inside a transaction. */
export function appendExchange(connection: SqliteConnection, study: string, exchange: Exchange): void {
  const stored: StoredExchange = exchange;
  connection.run(
    `INSERT INTO exchanges (study, sequence, key, exchange)
     SELECT ?1, coalesce(max(sequence), 0) + 1, ?2, ?3 FROM exchanges WHERE study = ?1`,
    study,
    stored.key,
    JSON.stringify(stored),
  );
}

/** In the order they were recorded, a few at a time. */
export function* readExchanges(connection: SqliteConnection, study: string): Generator<Exchange> {
  let after = 0;
  for (;;) {
    const rows = connection.all(
      "SELECT sequence, exchange FROM exchanges WHERE study = ? AND sequence > ? ORDER BY sequence LIMIT ?",
      study,
      after,
      page,
    );
    for (const row of rows) {
      const where = `${connection.file}, study ${study}, exchange ${String(row.sequence)}`;
      yield readRow(schema, readJson(row, "exchange", where), where);
      after = Number(row.sequence);
    }
    if (rows.length < page) return;
  }
}
