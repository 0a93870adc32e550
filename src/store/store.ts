import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AgentTuneError } from "../errors.js";
import type { Exchange, Spend } from "../llm/model.js";
import type { Observation } from "../trials/outcome.js";
import { type CodeVersionRecord, putCodeVersion, readCodeVersions } from "./code-version-table.js";
import { appendEvents, type EventQuery, readEvents } from "./event-table.js";
import { appendExchange, readExchanges } from "./exchange-table.js";
import { findProblems } from "./integrity.js";
import { migrate, readSchemaVersion, schemaVersion } from "./migrations.js";
import { appendObservations, readObservations } from "./observation-table.js";
import type {
  EventRecord,
  NewEvent,
  NewReservation,
  ObservationRecord,
  SnapshotRecord,
  SpendReservation,
  SpendTotals,
  StudyRecord,
  TrialRecord,
} from "./records.js";
import { readSnapshots, saveSnapshot } from "./snapshot-table.js";
import { readReservations, readTotals, reserveSpend, settleSpend } from "./spend-table.js";
import { SqliteConnection, sizeOf } from "./sqlite-connection.js";
import { damaged, diskError } from "./sqlite-failure.js";
import { attemptFolder, emptyAttemptFolder, studyFolder, writeStudyFile } from "./study-folder.js";
import { type HolderIdentity, holdStudy, readHolder, type StudyHold } from "./study-hold.js";
import { findStudy, insertStudy, readStudies, readStudy, updateStudy } from "./study-table.js";
import { insertTrial, readTrial, readTrials, updateTrial } from "./trial-table.js";

export interface OpenOptions {
  /** Make the folder and the database where there are none. */
  readonly create?: boolean;
  /** Only look: never waits for a run, never makes it wait, never changes a byte. */
  readonly readonly?: boolean;
  /** Milliseconds since the epoch, recorded when the schema is created or upgraded; the machine's clock if absent. */
  readonly now?: number;
}

/**
 * Everything that is kept of studies, in one SQLite database under `.agent-tune/`, with a folder for each study
 * next to it. Synchronous: when a call returns, what it wrote survives kill -9 and a power cut.
 *
 * Every method may throw `store_full`, `store_unwritable` or `store_damaged`; only others are named below.
 */
export class Store {
  /** Absolute path of the `.agent-tune` folder. */
  readonly folder: string;
  readonly #connection: SqliteConnection;
  /** Study that was last written to, for the message of a full disk. */
  #latest: string | undefined;

  private constructor(folder: string, connection: SqliteConnection) {
    this.folder = folder;
    this.#connection = connection;
    connection.tellWhatIsKept(() => this.#kept());
  }

  /**
   * @param folder the `.agent-tune` folder
   * @throws AgentTuneError `study_unknown` where there is no database and none is to be created, `store_too_new`
   */
  static open(folder: string, options: OpenOptions = {}): Store {
    const root = resolve(folder);
    const now = options.now ?? Date.now();
    const file = join(root, "agent-tune.db");
    refuseToStartOver(root, file);
    if (!existsSync(file)) {
      if (options.create !== true || options.readonly === true) {
        throw new AgentTuneError("study_unknown", {
          message: "There are no studies here yet.",
          where: root,
          remedy: "Start one with `agent-tune run`, or go to the folder where one was started.",
        });
      }
      prepareFolder(root);
    }
    if (options.readonly === true) {
      const reader = SqliteConnection.reader(file);
      try {
        if (readSchemaVersion(reader) === schemaVersion) return new Store(root, reader);
      } catch (error) {
        reader.close();
        throw error;
      }
      // Written by an older release, or by one that was ended while it created the file.
      reader.close();
      Store.open(root, { now }).close();
      return new Store(root, SqliteConnection.reader(file));
    }
    const connection = SqliteConnection.writer(file);
    try {
      migrate(connection, now);
      return new Store(root, connection);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /**
   * All of `fn` or nothing; durable when it returns. Calls inside calls join the outermost. On a readonly store:
   * one consistent view. `fn` must not be asynchronous.
   */
  transaction<T>(fn: () => T): T {
    return this.#connection.transaction(fn);
  }

  /**
   * The same without waiting for the disk: for what a later transaction makes durable, or what a restart finds out
   * anew, such as that a trial has started. Survives a kill of the process; a power cut may undo it, whole.
   */
  unsynced<T>(fn: () => T): T {
    return this.#connection.unsynced(fn);
  }

  /** @throws AgentTuneError `study_exists` */
  createStudy(study: StudyRecord): void {
    studyFolder(this.folder, study.id);
    this.#write(study.id, () => insertStudy(this.#connection, study));
  }

  /** Replaces what is stored of the study; its id and time of creation stay. @throws AgentTuneError `study_unknown` */
  updateStudy(study: StudyRecord): void {
    this.#write(study.id, () => updateStudy(this.#connection, study));
  }

  /** @throws AgentTuneError `study_unknown` */
  study(id: string): StudyRecord {
    return readStudy(this.#connection, id);
  }

  /** Oldest first. */
  studies(): readonly StudyRecord[] {
    return readStudies(this.#connection);
  }

  /**
   * The study a person means: id, name (the newest of that name), unambiguous beginning of an id; with nothing
   * given, the newest of all.
   *
   * @throws AgentTuneError `study_unknown` with the studies there are
   */
  findStudy(nameOrId?: string): StudyRecord {
    return findStudy(this.#connection, nameOrId);
  }

  insertTrial(study: string, trial: TrialRecord): void {
    this.#write(study, () => insertTrial(this.#connection, study, trial));
  }

  /** Replaces everything that is stored of the trial. @throws AgentTuneError `trial_unknown` */
  updateTrial(study: string, trial: TrialRecord): void {
    this.#write(study, () => updateTrial(this.#connection, study, trial));
  }

  /** By number. */
  trials(study: string): readonly TrialRecord[] {
    return readTrials(this.#connection, study);
  }

  /** @throws AgentTuneError `trial_unknown` */
  trial(study: string, number: number): TrialRecord {
    return readTrial(this.#connection, study, number);
  }

  appendEvent(study: string, event: NewEvent): EventRecord {
    const [record] = this.appendEvents(study, [event]);
    if (record === undefined) throw new AgentTuneError("internal", { message: "An event was not stored." });
    return record;
  }

  /** Appends in order; the study's sequence goes on without a gap. */
  appendEvents(study: string, events: readonly NewEvent[]): readonly EventRecord[] {
    return this.#write(study, () => appendEvents(this.#connection, study, events));
  }

  /** By sequence. */
  events(study: string, query: EventQuery = {}): readonly EventRecord[] {
    return readEvents(this.#connection, study, query);
  }

  appendObservations(study: string, trial: number, attempt: number, observations: readonly Observation[]): void {
    if (observations.length === 0) return;
    this.#write(study, () => appendObservations(this.#connection, study, trial, attempt, observations));
  }

  /** In the order they came, earlier attempts first. */
  observations(study: string, trial: number): readonly ObservationRecord[] {
    return readObservations(this.#connection, study, trial);
  }

  /**
   * Replaces the study's snapshot; the one before stays until the next.
   *
   * @param version format of `text`
   * @param text JSON
   */
  saveSnapshot(study: string, version: number, text: string): void {
    this.#write(study, () => saveSnapshot(this.#connection, study, version, text));
  }

  snapshot(study: string): SnapshotRecord | undefined {
    return readSnapshots(this.#connection, study)[0];
  }

  previousSnapshot(study: string): SnapshotRecord | undefined {
    return readSnapshots(this.#connection, study)[1];
  }

  /** Inserts, or replaces what is stored of that version. */
  putCodeVersion(study: string, version: CodeVersionRecord): void {
    this.#write(study, () => putCodeVersion(this.#connection, study, version));
  }

  /** By number; empty where the code is not searched. */
  codeVersions(study: string): readonly CodeVersionRecord[] {
    return readCodeVersions(this.#connection, study);
  }

  appendExchange(study: string, exchange: Exchange): void {
    this.#write(study, () => appendExchange(this.#connection, study, exchange));
  }

  /** In the order they were recorded, read a few at a time. */
  exchanges(study: string): IterableIterator<Exchange> {
    return readExchanges(this.#connection, study);
  }

  /** Sets aside the most a call may cost. Outside a transaction it is durable before the call goes out. */
  reserveSpend(study: string, reservation: NewReservation): void {
    this.#write(study, () => reserveSpend(this.#connection, study, reservation));
  }

  /** Replaces a reservation by what the call did cost; settling again changes nothing. */
  settleSpend(study: string, id: string, spend: Spend, at: number): void {
    this.#write(study, () => settleSpend(this.#connection, study, id, spend, at));
  }

  spendTotals(study: string): SpendTotals {
    return readTotals(this.#connection, study);
  }

  /** All reservations in the order they were made, with what they came to where that is known. */
  reservations(study: string): readonly SpendReservation[] {
    return readReservations(this.#connection, study, "all");
  }

  unsettledReservations(study: string): readonly SpendReservation[] {
    return readReservations(this.#connection, study, "unsettled");
  }

  /**
   * Takes the study for this process until `release` or the process's end, however that comes.
   *
   * @throws AgentTuneError `study_held` naming who has it; `study_unknown`
   */
  hold(study: string, holder: { readonly pid: number; readonly host: string; readonly now: number }): StudyHold {
    this.study(study);
    const { pid, host, now } = holder;
    return holdStudy(studyFolder(this.folder, study), study, { pid, host, since: now });
  }

  /** Who works on the study at this moment. */
  holder(study: string): HolderIdentity | "unknown" | undefined {
    return readHolder(join(this.folder, "studies", study));
  }

  /** Absolute path of the folder that a study has or will have. */
  folderOf(study: string): string {
    return join(this.folder, "studies", study);
  }

  /** Absolute path of the study's folder; created where it is missing. */
  studyFolder(study: string): string {
    return studyFolder(this.folder, study);
  }

  /** Absolute path of the attempt's folder; created where it is missing. */
  attemptFolder(study: string, number: number, attempt: number): string {
    return attemptFolder(this.folder, study, number, attempt);
  }

  /** The same folder, emptied of what an attempt that never started may have left: for a `TrialTask`. */
  emptyAttemptFolder(study: string, number: number, attempt: number): string {
    this.#refuseToWorkOnNothing();
    return emptyAttemptFolder(this.folder, study, number, attempt);
  }

  /**
   * Writes a whole file (a report) into the study's folder in one step and returns its absolute path. A reader sees
   * the old file or the new one, never half of either.
   */
  writeStudyFile(study: string, name: string, text: string): string {
    this.#refuseToWorkOnNothing();
    return writeStudyFile(this.folder, study, name, text);
  }

  /** Everything that is wrong with the database, one sentence each. Reads all of it. */
  check(): readonly string[] {
    return findProblems(this.#connection);
  }

  /**
   * Writes one whole, consistent database to a new file, also while a study runs.
   *
   * @throws AgentTuneError `store_unwritable` where there is a file already
   */
  backup(path: string): void {
    const target = resolve(path);
    if (existsSync(target)) {
      throw new AgentTuneError("store_unwritable", {
        message: "A backup is never written over an existing file.",
        where: target,
        remedy: "Choose another name or move the file away.",
      });
    }
    try {
      mkdirSync(dirname(target), { recursive: true });
      this.#connection.run("VACUUM INTO ?", target);
    } catch (error) {
      throw diskError(error, target);
    }
  }

  /** Ends the connection. A second call does nothing. */
  close(): void {
    this.#connection.close();
  }

  #write<T>(study: string, fn: () => T): T {
    this.#latest = study;
    return this.#connection.transaction(fn);
  }

  /**
   * A database whose file somebody has removed takes everything that is written and keeps nothing.
   *
   * @throws AgentTuneError `store_damaged`
   */
  #refuseToWorkOnNothing(): void {
    const { file } = this.#connection;
    if (!existsSync(file)) throw damaged("agent-tune.db was removed while a study was at work", file);
  }

  #kept(): string | undefined {
    if (this.#latest === undefined) return undefined;
    const last = this.#connection.get(
      "SELECT max(number) AS last FROM trials WHERE study = ? AND state = 'finished'",
      this.#latest,
    )?.last;
    return typeof last === "number" ? `nothing was lost up to trial ${last}` : undefined;
  }
}

/**
 * A database that has vanished or is empty while what belongs to it is still there was lost, not new.
 *
 * @throws AgentTuneError `store_damaged`
 */
function refuseToStartOver(root: string, file: string): void {
  try {
    if (sizeOf(file) > 0) return;
    const studies = join(root, "studies");
    if (sizeOf(`${file}-wal`) > 0 || (existsSync(studies) && readdirSync(studies).length > 0)) {
      throw damaged("agent-tune.db is missing or empty, but what belongs to it is there", file);
    }
  } catch (error) {
    throw diskError(error, file);
  }
}

/** The folder keeps itself out of version control: what it holds belongs to one machine. */
function prepareFolder(root: string): void {
  try {
    mkdirSync(root, { recursive: true });
    const ignore = join(root, ".gitignore");
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  } catch (error) {
    throw diskError(error, root);
  }
}
