import type { Exchange } from "../llm/model.js";
// Not through the index, which loads the providers: looking at a study needs none of them.
import { exchangeSchema, writeExchange } from "../llm/recording.js";
import { readJson, readRow } from "./row.js";
import type { SqliteConnection } from "./sqlite-connection.js";

/** Exchanges read at once: whole conversations are large. */
const page = 32;

/** Call inside a transaction. */
export function appendExchange(connection: SqliteConnection, study: string, exchange: Exchange): void {
  connection.run(
    `INSERT INTO exchanges (study, sequence, key, exchange)
     SELECT ?1, coalesce(max(sequence), 0) + 1, ?2, ?3 FROM exchanges WHERE study = ?1`,
    study,
    exchange.key,
    writeExchange(exchange),
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
      yield readRow(exchangeSchema, readJson(row, "exchange", where), where);
      after = Number(row.sequence);
    }
    if (rows.length < page) return;
  }
}
