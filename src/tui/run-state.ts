import type { BestSoFar } from "../report/best-so-far.js";
import { bestNow, bestSoFar } from "../report/best-so-far.js";
import { changesText } from "../report/change-text.js";
import type { Store, TrialRecord } from "../store/index.js";
import { type Advice, adviceByAdvisor, adviceEvents } from "../study/advice-by-advisor.js";
import { latestFinalRuns } from "../study/final-evaluation.js";
import type { Study } from "../study/study.js";
import type { StampedEvent } from "../study/study-events.js";
import type { FailureKind } from "../trials/outcome.js";

/** What the screen may ask of a study: its public face and nothing else. */
export type WatchedStudy = Pick<Study, "id" | "settings" | "space" | "evidence" | "progress" | "view" | "subscribe">;
/** What the screen reads of what is stored: trials, how the advisor answered, and what model calls have cost. */
export type WatchedStore = Pick<Store, "trial" | "trials" | "events" | "spendTotals">;

/** A trial that runs at this moment. */
export interface RunningView {
  readonly number: number;
  readonly proposal: TrialRecord["proposal"];
  readonly device: string | undefined;
  /** Seconds since it started. */
  readonly seconds: number;
  /** Finite readings of the objective's metric, oldest first, the last few only. */
  readonly readings: readonly number[];
  readonly step: number | undefined;
}

/** What the advisor said last, or why it said nothing. */
export type AdvisorNews =
  | { readonly kind: "reason"; readonly action: string; readonly reason: string }
  | { readonly kind: "failed"; readonly failure: string; readonly message: string };

/** Readings that are kept of one running trial. */
const keptReadings = 120;
/** Finished trials that are kept for the list. */
const keptTrials = 20;

interface Running {
  readonly trial: TrialRecord;
  readonly since: number;
  device: string | undefined;
  readonly readings: number[];
  step: number | undefined;
}

/**
 * What the screen knows besides the study's own face: collected from events, read from the store only where an event
 * says that something has changed. Holds no decision.
 */
export class RunState {
  advisor: string | null = null;
  optimizer: string;
  resumed = false;
  news: AdvisorNews | undefined;
  /** How this session's advisor has answered in the whole study; undefined where it was never asked. */
  advice: Advice | undefined;
  /** When the advisor's turn began, on the clock; undefined when it is not asked. */
  thinkingSince: number | undefined;
  notice: string | undefined;
  course: BestSoFar[];
  calls = { calls: 0, tokens: 0, usd: 0 as number | null };
  readonly finished: TrialRecord[];
  /** Runs of default and answer on fresh seeds, once the search is over. */
  finals = { done: 0, total: 0 };
  private readonly running = new Map<number, Running>();

  /**
   * @param now milliseconds on a clock that never jumps
   */
  constructor(
    readonly study: WatchedStudy,
    private readonly store: WatchedStore,
    private readonly now: () => number,
  ) {
    const { evidence, space, settings } = study;
    this.optimizer = settings.optimizer;
    this.course = [...bestSoFar(evidence.trials, space, settings.objective)];
    this.finished = store
      .trials(study.id)
      .filter(({ state }) => state === "finished")
      .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0))
      .slice(-keptTrials);
    this.readFinals();
    this.readSpend();
  }

  /** Takes in one event. */
  take({ event }: StampedEvent): void {
    switch (event.type) {
      case "study.started":
        ({ advisor: this.advisor, optimizer: this.optimizer, resumed: this.resumed } = event);
        this.readAdvice();
        break;
      case "study.changed":
        this.notice = `Changed: ${changesText(event.changes)}`;
        break;
      case "trial.started": {
        const trial = this.store.trial(this.study.id, event.trial);
        this.running.set(event.trial, {
          trial,
          since: this.now(),
          device: event.device,
          readings: [],
          step: undefined,
        });
        break;
      }
      case "trial.observed": {
        const running = this.running.get(event.trial);
        const { metric, value, step } = event.observation;
        if (running === undefined || metric !== this.study.settings.objective.metric) break;
        running.step = step;
        if (!Number.isFinite(value)) break;
        running.readings.push(value);
        if (running.readings.length > keptReadings) running.readings.shift();
        break;
      }
      case "trial.finished":
        this.running.delete(event.trial);
        this.finished.push(this.store.trial(this.study.id, event.trial));
        if (this.finished.length > keptTrials) this.finished.shift();
        if (this.finished.at(-1)?.proposal.purpose === "final") this.finals.done++;
        break;
      case "trial.requeued":
        this.running.delete(event.trial);
        break;
      case "advice.received": {
        const last = event.decisions.at(-1);
        if (last !== undefined) this.news = { kind: "reason", action: last.action, reason: last.reason };
        this.readAdvice();
        this.readSpend();
        break;
      }
      case "advice.failed":
        this.news = { kind: "failed", failure: event.failure, message: event.message };
        this.readAdvice();
        this.readSpend();
        break;
      case "warning":
        this.notice = event.message;
        break;
      case "study.phase":
        this.readFinals();
        break;
      case "study.interrupted":
      case "study.finished":
      case "trial.queued":
      case "turn.decided":
      case "candidate.screened":
      case "incumbent.changed":
        break;
    }
    this.follow();
  }

  /** Brings what is derived from the study's face up to date; called before each drawing. */
  follow(): void {
    const { evidence, progress } = this.study;
    // While the advisor is asked, trials end without being learned from; they are caught up with here.
    const known = evidence.trials.length;
    if (known === this.course.length + 1) this.course.push(bestNow(evidence, known));
    else if (known !== this.course.length) {
      this.course = [...bestSoFar(evidence.trials, this.study.space, this.study.settings.objective)];
    }
    if (!progress.thinking) this.thinkingSince = undefined;
    else this.thinkingSince ??= this.now();
  }

  /**
   * Trials of the search that have finished, those included that nobody has learned from while the advisor is asked:
   * the person has seen them end.
   */
  get searched(): { readonly finished: number; readonly failed: readonly FailureKind[] } {
    const { trials } = this.study.evidence;
    const learned = new Set(trials.slice(-2 * keptTrials).map(({ number }) => number));
    const waiting = this.finished.filter(
      ({ number, proposal }) => proposal.purpose !== "final" && !learned.has(number),
    );
    const failed = [...trials, ...waiting].flatMap(({ outcome }) =>
      outcome?.kind === "failed" ? [outcome.failure] : [],
    );
    return { finished: trials.length + waiting.length, failed };
  }

  get runningTrials(): readonly RunningView[] {
    const now = this.now();
    return [...this.running.values()].map(({ trial, since, device, readings, step }) => ({
      number: trial.number,
      proposal: trial.proposal,
      device,
      seconds: (now - since) / 1000,
      readings,
      step,
    }));
  }

  /** Seconds that the advisor has been thinking; undefined when it is not asked. */
  get thinkingSeconds(): number | undefined {
    return this.thinkingSince === undefined ? undefined : (this.now() - this.thinkingSince) / 1000;
  }

  private readFinals(): void {
    const finals = latestFinalRuns(this.store.trials(this.study.id));
    this.finals = { done: finals.filter(({ state }) => state === "finished").length, total: finals.length };
  }

  private readAdvice(): void {
    const events = this.store.events(this.study.id, { types: adviceEvents });
    this.advice = this.advisor === null ? undefined : adviceByAdvisor(events)[this.advisor];
  }

  private readSpend(): void {
    const { settled, reserved } = this.store.spendTotals(this.study.id);
    this.calls = {
      calls: settled.calls + reserved.calls,
      tokens: settled.tokens + reserved.tokens,
      usd: settled.unpriced + reserved.unpriced > 0 ? null : settled.cost + reserved.cost,
    };
  }
}
