import type { CodeVersion } from "../code/version.js";
import type { FinishedTrial } from "../evidence/index.js";
import { type BestSoFar, bestNow } from "../report/best-so-far.js";
import { changesText } from "../report/change-text.js";
import { codeEventText } from "../report/code-lines.js";
import type { Store, TrialRecord } from "../store/index.js";
import { type Advice, adviceByAdvisor, adviceEvents } from "../study/advice-by-advisor.js";
import { latestFinalRuns } from "../study/final-evaluation.js";
import type { Study } from "../study/study.js";
import type { StampedEvent, StudyEvent } from "../study/study-events.js";
import { finishedSteps, VersionEvidence } from "../study/version-evidence.js";
import type { FailureKind } from "../trials/outcome.js";

/** What the screen may ask of a study: its public face and nothing else. */
export type WatchedStudy = Pick<
  Study,
  "id" | "settings" | "space" | "evidence" | "progress" | "view" | "subscribe" | "versions" | "codeStanding"
>;
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
  /**
   * Everything that has finished, on whatever version of the code; also what nobody has learned from while the advisor
   * is asked, since the person has seen it end.
   */
  evidence: VersionEvidence;
  course: BestSoFar[] = [];
  /** What was said last about the code: a version made or judged, an edit refused. */
  codeNews: string | undefined;
  /** Whether the coder is the one who is asked while somebody is. */
  private editing = false;
  private readonly versions = new Map<string, CodeVersion>();
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
    this.optimizer = study.settings.optimizer;
    this.readVersions();
    this.evidence = new VersionEvidence(study.settings, this.versions);
    this.readTrials();
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
        this.takeFinished(this.store.trial(this.study.id, event.trial));
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
      case "version.made":
      case "version.decided":
      case "version.refused":
      case "coder.failed":
      case "coder.passed":
      case "move.decided":
        this.takeCode(event);
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
    if (!this.study.progress.thinking) this.thinkingSince = undefined;
    else this.thinkingSince ??= this.now();
  }

  /** Trials of the search that have finished. */
  get searched(): { readonly finished: number; readonly failed: readonly FailureKind[] } {
    const { trials } = this.evidence;
    const failed = trials.flatMap(({ outcome }) => (outcome.kind === "failed" ? [outcome.failure] : []));
    return { finished: trials.length, failed };
  }

  /** Whether there is more than one version of the code to tell apart. */
  get severalVersions(): boolean {
    return this.versions.size > 1;
  }

  get codeVersions(): readonly CodeVersion[] {
    return [...this.versions.values()];
  }

  /** Who is asked while {@link thinkingSeconds} runs. */
  get asked(): "advisor" | "coder" {
    return this.editing && this.study.codeStanding?.trying === undefined ? "coder" : "advisor";
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

  private takeFinished(trial: TrialRecord): void {
    this.finished.push(trial);
    if (this.finished.length > keptTrials) this.finished.shift();
    const { outcome, proposal, number } = trial;
    if (proposal.purpose === "final") this.finals.done++;
    // A first trial that failed and ran again: what it had shown before does not count any more.
    else if (this.evidence.trials.some((known) => known.number === number)) this.readTrials();
    else if (outcome !== undefined) this.learn({ ...trial, outcome });
  }

  private takeCode(event: StudyEvent): void {
    if (event.type === "move.decided") {
      this.editing = event.kind === "structure";
      return;
    }
    this.codeNews = codeEventText(event) ?? this.codeNews;
    this.readSpend();
    this.readVersions();
    if (event.type !== "version.decided" || event.status !== "kept") return;
    this.evidence.head = event.version;
    if (this.course.length > 0) this.course[this.course.length - 1] = bestNow(this.evidence);
  }

  private learn(trial: FinishedTrial): void {
    this.evidence.add(trial);
    this.course.push(bestNow(this.evidence));
  }

  private readTrials(): void {
    const { id, settings } = this.study;
    const trials = this.store.trials(id);
    const events = this.store.events(id, { types: ["trial.finished", "version.decided"] });
    this.evidence = new VersionEvidence(settings, this.versions);
    this.course = [];
    for (const { trial, head } of finishedSteps({ trials, events })) {
      this.evidence.add(trial);
      this.evidence.head = head;
      this.course.push(bestNow(this.evidence));
    }
  }

  private readVersions(): void {
    for (const version of this.study.versions) this.versions.set(version.id, version);
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
