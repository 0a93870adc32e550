import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Advisor } from "../centaur/advisor.js";
import { ModelAdvisor } from "../centaur/model-advisor.js";
import { RulesAdvisor } from "../centaur/rules-advisor.js";
import { AgentTuneError } from "../errors.js";
import { LocalExecutor } from "../executors/index.js";
import {
  createModel,
  createRedactor,
  createReplayModel,
  type Environment,
  type Model,
  type ModelProvider,
  openModel,
  type PriceTable,
  readRecordingFile,
  resolveModelName,
  type SpendBooking,
  SpendLedger,
} from "../llm/index.js";
import { optimizerFactory } from "../optimizers/index.js";
import type { Store, StudyRecord } from "../store/index.js";
import { preflight } from "../trials/index.js";
import type { Executor } from "../trials/trial-run.js";
import { changedDefinition } from "./changed-definition.js";
import { type Clock, systemClock } from "./clock.js";
import { checkCode } from "./code/check-code.js";
import { codeRunning, studyCode } from "./code/code-session.js";
import { fileDefinition, settingsOf } from "./file-definition.js";
import type { Overrides } from "./overrides.js";
import { withRememberedAnswers } from "./remembered-answers.js";
import type { StudySettings } from "./settings.js";
import { definitionHash, goesOnBy, type StoredDefinition, storedDefinition } from "./stored-definition.js";
import { Study, type StudyParts } from "./study.js";
import type { AdvisorSettings, StudyDefinition } from "./study-file/study-definition.js";
import { earlierResults } from "./warm-start.js";

/** What a study needs from the process it runs in. */
export interface Surroundings {
  readonly store: Store;
  readonly env: Environment;
  readonly clock?: Clock;
  readonly holder: { readonly pid: number; readonly host: string };
  /** Unguessable text, for ids and marks. */
  readonly nonce: () => string;
  /** Answer from this recording instead of a model. */
  readonly replay?: string | undefined;
  /** A provider object instead of a model's name, for programs. */
  readonly provider?: ModelProvider | undefined;
}

/** A study file and what the person said on the command line. */
export interface FileToStart {
  readonly path: string;
  readonly text: string;
  readonly overrides: Overrides;
}

/**
 * Checks everything about a study file that can be wrong before it runs, and leaves no trace: for a door to call
 * before it makes a store.
 *
 * @throws AgentTuneError what {@link startFromFile} would throw for the file, the command, the optimizer, the model's
 *   name or its key, or the recording
 */
export async function checkFile(
  { env, replay }: Pick<Surroundings, "env" | "replay">,
  { path, text, overrides }: FileToStart,
): Promise<void> {
  const definition = fileDefinition({ path, text, overrides });
  optimizerFactory(definition.optimizer);
  const { model, baseUrl } = definition.advisor;
  let asks = model !== "none" && replay !== undefined;
  if (asks) readRecordingFile(replay ?? "");
  else if (model !== "none" && model !== "rules")
    asks = resolveModelName(model, { env, ...(baseUrl === undefined ? {} : { baseUrl }) }) !== undefined;
  await checkCommand(definition, path, env);
  await checkCode(definition, path, env, asks);
}

/**
 * Starts a study from a study file's text.
 *
 * @throws AgentTuneError for everything that is wrong with the file, the command, the model's name or its key,
 *   before anything is stored
 */
export async function startFromFile(surroundings: Surroundings, file: FileToStart): Promise<Study> {
  const { path, text, overrides } = file;
  const definition = fileDefinition(file);
  const settings = settingsOf(definition);
  const record = newRecord(surroundings, settings, { from: "file", path, text, overrides, settings });
  const parts = await partsFromFile(surroundings, record.id, definition, settings, path);
  return Study.create(parts, record);
}

/**
 * Goes on with a study that came from a file.
 *
 * @param said on the command line: more budget, another model. Stored when the study is run
 * @throws AgentTuneError `study_changed` where it would become another study; what {@link startFromFile} throws for
 *   the command, the model's name and its key
 */
export async function resumeFromFile(
  surroundings: Surroundings,
  record: StudyRecord,
  said: Overrides = {},
): Promise<Study> {
  const stored = storedDefinition(record);
  if (stored.from !== "file") {
    throw new AgentTuneError("usage", {
      message: `Study ${record.name} was started by a ${stored.from}, with an objective that only that knows.`,
      where: `study ${record.id}`,
      remedy: `Not resume, but ${goesOnBy(stored)}.`,
    });
  }
  const change = changedDefinition(stored, said);
  const goingOn = change?.definition ?? stored;
  const definition = fileDefinition(goingOn);
  const parts = await partsFromFile(surroundings, record.id, definition, goingOn.settings, goingOn.path);
  return Study.open(parts, record.id, change);
}

/** Whether the study file on the disk is still the one that the study began with. */
export function studyFileChanged(record: StudyRecord): boolean {
  const stored = storedDefinition(record);
  if (stored.from !== "file") return false;
  try {
    return readFileSync(stored.path, "utf8") !== stored.text;
  } catch {
    return true;
  }
}

async function partsFromFile(
  surroundings: Surroundings,
  id: string,
  definition: StudyDefinition,
  settings: StudySettings,
  path: string,
): Promise<StudyParts> {
  await checkCommand(definition, path, surroundings.env);
  const running = await codeRunning(surroundings, id, definition, path);
  const executor = await LocalExecutor.open({
    settings: definition.trial,
    base: dirname(path),
    parallel: definition.parallel,
    parent: surroundings.env,
    ...(running === undefined ? {} : { code: running.running }),
  });
  const parts = studyParts(surroundings, id, settings, executor, definition.advisor, definition.prices);
  if (running === undefined) return parts;
  return { ...parts, code: studyCode(surroundings, id, definition, parts, running) };
}

async function checkCommand({ trial, space }: StudyDefinition, path: string, env: Environment): Promise<void> {
  await preflight(trial, {
    base: dirname(path),
    parent: env,
    names: {
      parameters: space.parameters.map(({ name }) => name),
      derived: space.derived.map(({ name }) => name),
    },
  });
}

/** Everything a study works with, put together. */
export function studyParts(
  surroundings: Surroundings,
  id: string,
  settings: StudySettings,
  executor: Executor,
  advisor: AdvisorSettings,
  prices: PriceTable,
): StudyParts {
  const ledger = ledgerOf(surroundings, id, settings);
  const model = openAdvisorModel(surroundings, id, advisor, ledger, prices);
  return {
    store: surroundings.store,
    settings,
    executor,
    optimizer: optimizerFactory(settings.optimizer),
    ...(settings.warmStart === undefined ? {} : { warmStart: earlierResults(surroundings.store, settings) }),
    advisor: advisorOf(surroundings, advisor, model),
    ...(model === undefined ? {} : { model }),
    clock: surroundings.clock ?? systemClock,
    mark: surroundings.nonce,
    holder: surroundings.holder,
    costUsed: () => ledger.total().cost,
  };
}

/** The advisor that the settings mean; undefined for the optimizer alone. */
function advisorOf(
  surroundings: Surroundings,
  settings: AdvisorSettings,
  model: Model | undefined,
): Advisor | undefined {
  if (settings.model === "none") return undefined;
  if (model === undefined) return new RulesAdvisor();
  return new ModelAdvisor({
    model,
    without: new Set(settings.without),
    tools: settings.tools,
    seconds: settings.deadlineSeconds,
    monotonic: (surroundings.clock ?? systemClock).monotonic,
  });
}

/** The model that the settings mean, for all who ask one; undefined for the built-in rules and for none. */
function openAdvisorModel(
  surroundings: Surroundings,
  id: string,
  settings: AdvisorSettings,
  ledger: SpendLedger,
  prices: PriceTable,
): Model | undefined {
  if (settings.model === "none") return undefined;
  if (settings.model === "rules" && surroundings.replay === undefined) return undefined;
  const { store, env } = surroundings;
  const record = (exchange: Parameters<Store["appendExchange"]>[1]): void => store.appendExchange(id, exchange);
  const opened =
    surroundings.replay !== undefined
      ? createReplayModel({ exchanges: readRecordingFile(surroundings.replay), ledger, record })
      : surroundings.provider !== undefined
        ? createModel({
            provider: surroundings.provider,
            ledger,
            prices,
            record,
            redact: createRedactor({ environment: env }),
          })
        : openModel(settings.model, {
            env,
            ledger,
            prices,
            record,
            ...(settings.baseUrl === undefined ? {} : { baseUrl: settings.baseUrl }),
          });
  if (opened === undefined) return undefined;
  // A study that is only now being created has no exchanges, and is not in the store yet.
  const known = store.studies().some((study) => study.id === id) ? store.exchanges(id) : [];
  return withRememberedAnswers(opened, known);
}

/** The caps of the study over everything it has spent so far; what a crash left open counts as spent. */
function ledgerOf({ store, clock = systemClock }: Surroundings, id: string, { budget }: StudySettings): SpendLedger {
  const known = store.studies().some((study) => study.id === id) ? store.reservations(id) : [];
  return new SpendLedger({
    caps: {
      ...(budget.cost === undefined ? {} : { usd: budget.cost }),
      ...(budget.tokens === undefined ? {} : { tokens: budget.tokens }),
    },
    journal: {
      reserved: (booking, { tokens, cost }) => store.reserveSpend(id, { id: booking, tokens, cost, at: clock.now() }),
      settled: (booking, spend) => store.settleSpend(id, booking, spend, clock.now()),
    },
    restored: known.map(
      (reservation): SpendBooking =>
        reservation.settled === undefined
          ? { kind: "reserved", id: reservation.id, spend: { tokens: reservation.tokens, cost: reservation.cost } }
          : { kind: "settled", id: reservation.id, spend: reservation.settled },
    ),
  });
}

export function newRecord(
  { clock = systemClock, nonce }: Pick<Surroundings, "clock" | "nonce">,
  settings: StudySettings,
  definition: StoredDefinition,
): StudyRecord {
  const now = clock.now();
  return {
    // Sorts by time; the tail keeps two studies of one millisecond apart.
    id: `${now.toString(36)}-${nonce().slice(0, 4)}`,
    name: settings.name,
    createdAt: now,
    seed: settings.seed,
    definition,
    definitionHash: definitionHash(definition),
    status: "open",
  };
}
