export { writeFileAtomically } from "./atomic-file.js";
export type { CodeVersionRecord } from "./code-version-table.js";
export type { EventQuery } from "./event-table.js";
export type {
  EventRecord,
  NewEvent,
  NewReservation,
  ObservationRecord,
  SnapshotRecord,
  SpendReservation,
  SpendTotals,
  StudyRecord,
  StudyStatus,
  TrialRecord,
  TrialState,
} from "./records.js";
export { diskError } from "./sqlite-failure.js";
export { type OpenOptions, Store } from "./store.js";
export type { HolderIdentity, StudyHold } from "./study-hold.js";
