import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import { optimizerFactory } from "../optimizers/index.js";
import type { OptimizerState } from "../optimizers/optimizer.js";
import { SearchSpace } from "../space/index.js";
import type { Store, StudyHold, TrialRecord } from "../store/index.js";
import type { Clock } from "../study/clock.js";
import { finishOrder } from "../study/finish-order.js";
import { Journal } from "../study/journal.js";
import { newRecord } from "../study/session.js";
import { studySettingsSchema } from "../study/settings.js";
import { readSnapshot, type StudySnapshot, snapshotVersion } from "../study/snapshot.js";
import type { Observation } from "../trials/outcome.js";
import { AskTellStudy, type Change, type Keeper, type KeptStudy } from "./ask-tell-study.js";
import { optimizerOptions, optimizerSeed, type StudyRequest, searchSchema } from "./study-request.js";

/** What keeping a study in a store needs of the process. */
export interface StoreSurroundings {
  readonly store: Store;
  readonly clock: Clock;
  readonly holder: { readonly pid: number; readonly host: string };
  /** Unguessable text, for ids and marks. */
  readonly nonce: () => string;
}

/**
 * The definition of an asked and told study as it is stored: every view can read its settings.
 */
const definitionSchema = z.object({
  from: z.literal("client"),
  settings: studySettingsSchema,
  search: searchSchema,
});
type Definition = z.infer<typeof definitionSchema>;

/**
 * Keeps a study in the store that `agent-tune run` keeps its own in, with the same trials, events and snapshots. A call
 * of the study is one transaction: once it has returned, kill -9 and a power cut lose nothing of it, and before that
 * there is nothing of it to be seen.
 */
export class StoreKeeper implements Keeper {
  readonly journals = true;
  private readonly journal: Journal;
  private readonly openedAt: number;

  constructor(
    private readonly surroundings: StoreSurroundings,
    private readonly study: string,
    private readonly hold: StudyHold,
    private readonly secondsBefore: number,
  ) {
    const { store, clock } = surroundings;
    this.journal = new Journal(store, study, clock);
    this.openedAt = clock.monotonic();
  }

  keep({ inserted, updated, observed, events, optimizer, finished }: Change): void {
    const { store } = this.surroundings;
    this.journal.commit(events, () => {
      for (const trial of inserted) store.insertTrial(this.study, trial);
      for (const trial of updated) store.updateTrial(this.study, trial);
      for (const { trial, observations } of observed) {
        store.appendObservations(this.study, trial.number, trial.attempt, observations);
      }
      const seconds = this.secondsBefore + (this.surroundings.clock.monotonic() - this.openedAt) / 1000;
      saveSnapshot(store, this.study, snapshot(optimizer(), finished, seconds));
    });
  }

  observations({ number, attempt }: TrialRecord): readonly Observation[] {
    return this.surroundings.store.observations(this.study, number).filter((each) => each.attempt === attempt);
  }

  close(): void {
    this.hold.release();
  }
}

/** @throws AgentTuneError what the store throws */
export function createStoredStudy(surroundings: StoreSurroundings, { settings, search }: StudyRequest): AskTellStudy {
  const { store, clock, nonce } = surroundings;
  const factory = optimizerFactory(settings.optimizer);
  const definition: Definition = { from: "client", settings, search };
  const record = newRecord({ clock, nonce }, settings, definition);
  const space = SearchSpace.from(settings.space);
  const first = factory.create(space, optimizerOptions(space, optimizerSeed(settings), search));
  store.transaction(() => {
    store.createStudy(record);
    saveSnapshot(store, record.id, snapshot(first.state(), 0, 0));
  });
  return openStoredStudy(surroundings, record.id);
}

/**
 * Takes a stored study, whatever state a crash left it in.
 *
 * @throws AgentTuneError `study_unknown`, `study_held`, `state_invalid`, or `usage` where its trials are run by
 *   agent-tune itself
 */
export function openStoredStudy(surroundings: StoreSurroundings, nameOrId?: string): AskTellStudy {
  const { store, clock, holder, nonce } = surroundings;
  const record = store.findStudy(nameOrId);
  const parsed = definitionSchema.safeParse(record.definition);
  if (!parsed.success) {
    throw new AgentTuneError("usage", {
      message: `The trials of study ${record.name} are not asked for and told: agent-tune runs them itself.`,
      where: `study ${record.id}`,
      remedy: "Go on with it by agent-tune resume, or from the program that started it.",
    });
  }
  const { settings, search } = parsed.data;
  const factory = optimizerFactory(settings.optimizer);
  const hold = store.hold(record.id, { ...holder, now: clock.now() });
  try {
    const { kept, seconds } = readKept(store, record.id);
    const keeper = new StoreKeeper(surroundings, record.id, hold, seconds);
    const parts = { id: record.id, settings, search, optimizer: factory, keeper, clock, mark: nonce };
    const study = new AskTellStudy(parts, kept);
    new Journal(store, record.id, clock).commit(
      [{ type: "study.started", resumed: kept.trials.length > 0, advisor: null, optimizer: settings.optimizer }],
      () => {},
    );
    return study;
  } catch (error) {
    hold.release();
    throw error;
  }
}

function readKept(store: Store, id: string): { readonly kept: KeptStudy; readonly seconds: number } {
  return store.transaction(() => {
    const stored = store.snapshot(id);
    if (stored === undefined) {
      throw new AgentTuneError("state_invalid", {
        message: "The study has no saved state.",
        where: `study ${id}`,
        remedy: "Run agent-tune doctor.",
      });
    }
    const { optimizer, secondsUsed } = readSnapshot(stored.version, stored.text);
    const order = finishOrder(store.events(id, { types: ["trial.finished"] }));
    return { kept: { trials: store.trials(id), finishOrder: order, optimizer }, seconds: secondsUsed };
  });
}

function snapshot(optimizer: OptimizerState, learned: number, secondsUsed: number): StudySnapshot {
  // There is no advisor, and with null in its place no study loop takes the study for one of its own.
  return { phase: "search", learned, secondsUsed, optimizer, centaur: null };
}

function saveSnapshot(store: Store, id: string, snapshot: StudySnapshot): void {
  store.saveSnapshot(id, snapshotVersion, JSON.stringify(snapshot));
}
