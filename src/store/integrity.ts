import { AgentTuneError } from "../errors.js";
import { readCodeVersions } from "./code-version-table.js";
import { readEvents } from "./event-table.js";
import { readExchanges } from "./exchange-table.js";
import { readSchemaVersion, schemaVersion } from "./migrations.js";
import { readObservations } from "./observation-table.js";
import { readSnapshots } from "./snapshot-table.js";
import { readReservations } from "./spend-table.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { readStudies } from "./study-table.js";
import { readTrials } from "./trial-table.js";

/**
 * Everything that is wrong with a database, one sentence each; empty where all is well. Reads every page and
 * every record: seconds for a large study.
 */
export function findProblems(connection: SqliteConnection): readonly string[] {
  const problems: string[] = [];
  const attempt = (check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!AgentTuneError.isInstance(error)) throw error;
      problems.push(error.where === undefined ? error.message : `${error.message} (${error.where})`);
    }
  };

  attempt(() => {
    for (const row of connection.all("PRAGMA quick_check")) {
      const line = String(row.quick_check);
      if (line !== "ok") problems.push(`quick_check: ${line}`);
    }
    for (const row of connection.all("PRAGMA foreign_key_check")) {
      problems.push(`A row of ${String(row.table)} belongs to no ${String(row.parent)}.`);
    }
    const version = readSchemaVersion(connection);
    if (version !== schemaVersion) problems.push(`The schema is ${version}, not ${schemaVersion}.`);
  });
  attempt(() => {
    const gaps = connection.all(
      `SELECT study, count(*) AS events, min(sequence) AS first, max(sequence) AS last FROM events GROUP BY study
       HAVING first <> 1 OR last <> events`,
    );
    for (const gap of gaps) {
      problems.push(
        `Events of study ${String(gap.study)} have gaps: ${String(gap.events)} events, ` +
          `numbered ${String(gap.first)} to ${String(gap.last)}.`,
      );
    }
  });
  attempt(() => {
    for (const { id } of readStudies(connection)) {
      attempt(() => {
        for (const { number } of readTrials(connection, id)) {
          attempt(() => readObservations(connection, id, number));
        }
      });
      attempt(() => readEvents(connection, id, {}));
      attempt(() => readCodeVersions(connection, id));
      attempt(() => readReservations(connection, id, "all"));
      attempt(() => {
        for (const snapshot of readSnapshots(connection, id)) {
          if (!isJson(snapshot.text)) problems.push(`Snapshot ${snapshot.generation} of study ${id} is not JSON.`);
        }
      });
      attempt(() => {
        for (const _ of readExchanges(connection, id)) {
          // Reading is the check.
        }
      });
    }
  });
  return problems;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
