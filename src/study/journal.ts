import type { Store } from "../store/index.js";
import type { Clock } from "./clock.js";
import type { StampedEvent, StudyEvent } from "./study-events.js";

export type StudyListener = (event: StampedEvent) => void;

/** Writes what happens to one study and tells those who listen: first durable, then heard of. */
export class Journal {
  private readonly listeners = new Set<StudyListener>();

  constructor(
    private readonly store: Store,
    private readonly study: string,
    private readonly clock: Clock,
  ) {}

  /** Returns what ends the subscription. */
  subscribe(listener: StudyListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Writes and journals in one transaction; only then does anybody hear of it.
   *
   * @param events read after `write`, which may add to them
   * @param sync `unsynced` for what a restart finds out anew
   */
  commit(events: readonly StudyEvent[], write: () => void, sync: "transaction" | "unsynced" = "transaction"): void {
    const at = this.clock.now();
    const records = this.store[sync](() => {
      write();
      return this.store.appendEvents(
        this.study,
        events.map((event) => ({
          at,
          type: event.type,
          ...("trial" in event ? { trial: event.trial } : {}),
          data: event,
        })),
      );
    });
    for (const [index, { sequence }] of records.entries()) this.emit({ sequence, at, event: events[index]! });
  }

  /** For what is not in the journal: an observation is stored as one. */
  tell(event: StudyEvent): void {
    this.emit({ sequence: 0, at: this.clock.now(), event });
  }

  private emit(event: StampedEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
