import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import type { Spend } from "../llm/model.js";
import type { NewReservation, SpendReservation, SpendTotals } from "./records.js";
import { readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

const spend = { tokens: z.number(), cost: z.number().nullable() };
const schema: z.ZodType<SpendReservation> = z.object({
  id: z.string(),
  ...spend,
  at: z.number(),
  settled: z.object(spend).exactOptional(),
});

const totalSchema = z.object({ calls: z.number(), tokens: z.number(), cost: z.number(), unpriced: z.number() });

export function reserveSpend(connection: SqliteConnection, study: string, reservation: NewReservation): void {
  connection.run(
    `INSERT INTO reservations (study, id, position, tokens, cost, at)
     SELECT ?1, ?2, (SELECT count(*) FROM reservations WHERE study = ?1), ?3, ?4, ?5`,
    study,
    reservation.id,
    reservation.tokens,
    reservation.cost,
    reservation.at,
  );
}

/** Settling twice keeps the first: what was billed does not change. */
export function settleSpend(connection: SqliteConnection, study: string, id: string, spend: Spend, at: number): void {
  const changed = connection.run(
    `UPDATE reservations SET settled = 1, settled_tokens = ?, settled_cost = ?, settled_at = ?
     WHERE study = ? AND id = ? AND settled = 0`,
    spend.tokens,
    spend.cost,
    at,
    study,
    id,
  );
  if (changed === 1) return;
  if (connection.get("SELECT id FROM reservations WHERE study = ? AND id = ?", study, id) === undefined) {
    throw new AgentTuneError("internal", {
      message: `A model call was settled that was never reserved (${id}).`,
      where: `study ${study}`,
    });
  }
}

export function readTotals(connection: SqliteConnection, study: string): SpendTotals {
  return {
    settled: sum(connection, study, 1, "settled_tokens", "settled_cost"),
    reserved: sum(connection, study, 0, "tokens", "cost"),
  };
}

/** All reservations, in the order they were made. */
export function readReservations(
  connection: SqliteConnection,
  study: string,
  which: "all" | "unsettled",
): readonly SpendReservation[] {
  const rows = connection.all(
    `SELECT id, tokens, cost, at, settled, settled_tokens, settled_cost FROM reservations
     WHERE study = ? AND settled <= ? ORDER BY position`,
    study,
    which === "all" ? 1 : 0,
  );
  return rows.map((row) => {
    const { settled, ...reservation } = row;
    const paid = { tokens: row.settled_tokens, cost: row.settled_cost };
    const record = settled === 1 ? { ...reservation, settled: paid } : reservation;
    return readRow(schema, record, `${connection.file}, study ${study}, spend`);
  });
}

function sum(
  connection: SqliteConnection,
  study: string,
  settled: 0 | 1,
  tokens: "tokens" | "settled_tokens",
  cost: "cost" | "settled_cost",
): SpendTotals["settled"] {
  const row = connection.get(
    `SELECT count(*) AS calls, total(${tokens}) AS tokens, total(${cost}) AS cost,
       count(*) - count(${cost}) AS unpriced
     FROM reservations WHERE study = ? AND settled = ?`,
    study,
    settled,
  );
  return readRow(totalSchema, row, `${connection.file}, study ${study}, spend`);
}
