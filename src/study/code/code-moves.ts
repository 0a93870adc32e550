import type { Setting } from "../../centaur/advisor.js";
import type { CodeVersion } from "../../code/version.js";
import type { Store } from "../../store/index.js";
import type { Observation } from "../../trials/outcome.js";
import type { Clock } from "../clock.js";
import type { SeededProposal } from "../final-evaluation.js";
import type { Journal } from "../journal.js";
import type { StudyEvent } from "../study-events.js";
import type { CodeSearch, StudyView } from "./code-search.js";
import { refusedSubmissions } from "./refused.js";

/** What the study lends to the search of code. */
export interface CodeMovesParts {
  readonly study: string;
  readonly code: CodeSearch;
  readonly store: Store;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly view: () => StudyView;
  /** Whether every configuration of the head's space has run. */
  readonly exhausted: () => boolean;
  readonly setting: () => Setting;
  readonly curve: (trial: number) => readonly Observation[];
  /** Queues trials, durably. */
  readonly enqueue: (proposals: readonly SeededProposal[]) => void;
  /** Saves the study's state, within a transaction. */
  readonly save: () => void;
  /** Carries out a turn, during which results are made durable but not learned from; undefined where it was given up. */
  readonly turn: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T | undefined>;
}

/** Carries out what the search of code is due, within the study's durable points. */
export class CodeMoves {
  constructor(private readonly parts: CodeMovesParts) {}

  /**
   * Does what is due until it is the turn of numbers: asks for a version, queues a pair, settles what became of a version.
   *
   * @returns the version that numbers are due on; undefined where something else was queued or is waited for
   */
  async next(): Promise<string | undefined> {
    const { code, view, exhausted, enqueue } = this.parts;
    for (;;) {
      const step = code.next(view(), exhausted());
      switch (step.kind) {
        case "wait":
          return undefined;
        case "numbers":
          this.announce(code.moveEvent("numbers"));
          return step.version;
        case "pair":
          enqueue(step.proposals);
          return undefined;
        case "verdict":
          this.settle(step.decision);
          await code.tidy();
          break;
        case "structure":
          if (!(await this.askCoder())) return undefined;
      }
    }
  }

  /** The search ends: a version that is being tried is not kept. */
  end(): void {
    const { unjudged } = this.parts.code;
    if (unjudged !== undefined) this.settle(unjudged);
  }

  /** Stores a version, within a transaction. */
  put(version: CodeVersion | undefined): void {
    if (version === undefined) return;
    this.parts.store.putCodeVersion(this.parts.study, { number: Number(version.id.slice(1)), data: version });
  }

  private settle(decision: Parameters<CodeSearch["decide"]>[0]): void {
    const { code, view } = this.parts;
    const { events, version } = code.decide(decision, view());
    this.commit(events, version);
  }

  /** One turn of the coder. Returns false where the study is being stopped. */
  private async askCoder(): Promise<boolean> {
    const { code, view, store, study, clock, setting, curve, turn } = this.parts;
    this.announce(code.moveEvent("structure"));
    const { budget, parallel } = setting();
    const made = await turn((signal) =>
      code.propose(view(), {
        budget,
        parallel,
        curve,
        refused: refusedSubmissions(store.events(study, { types: ["version.refused"] })),
        at: clock.now(),
        signal,
      }),
    );
    if (made === undefined) return false;
    code.begin(made.version, view());
    this.commit(made.events, made.version);
    return true;
  }

  private commit(events: readonly StudyEvent[], version: CodeVersion | undefined): void {
    this.parts.journal.commit(events, () => {
      this.put(version);
      this.parts.save();
    });
  }

  private announce(events: readonly StudyEvent[]): void {
    if (events.length > 0) this.parts.journal.commit(events, () => {});
  }
}
