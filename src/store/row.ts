import { z } from "zod";
import type { Row } from "./sqlite-connection.js";
import { damaged } from "./sqlite-failure.js";

/** Reads one row into a checked type; what does not fit was not written by this program. */
export function readRow<T>(schema: z.ZodType<T>, row: unknown, where: string): T {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  throw damaged(z.prettifyError(result.error), where);
}

/** Parses a JSON column. */
export function readJson(row: Row, column: string, where: string): unknown {
  const text = row[column];
  if (typeof text !== "string") throw damaged(`${column} is not text`, where);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(`${column} is not JSON`, where, error);
  }
}

/** The columns that are not NULL, under the names that records use; absent and NULL are the same thing. */
export function present(row: Row, names: Readonly<Record<string, string>>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const [column, name] of Object.entries(names)) {
    const value = row[column];
    if (value !== null && value !== undefined) found[name] = value;
  }
  return found;
}
