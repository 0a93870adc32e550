import { AgentTuneError } from "../errors.js";
import type { Configuration } from "../space/parameter.js";
import { classify, type StopCause } from "../trials/failure.js";
import { divergence } from "../trials/metrics/divergence.js";
import { MetricHistory } from "../trials/metrics/metric-history.js";
import { plainText } from "../trials/metrics/plain-text.js";
import type { Observation } from "../trials/outcome.js";
import { formatDuration } from "../trials/quantity.js";
import type { LimitSettings, ObjectiveSettings } from "../trials/settings.js";
import type { Executor, RunningTrial, TrialEnd, TrialObserver, TrialTask } from "../trials/trial-run.js";

/** What an objective gets besides its configuration. */
export interface ObjectiveContext {
  readonly seed: number;
  readonly trial: number;
  /** Derived quantities of the configuration. */
  readonly derived: Readonly<Record<string, number>>;
  /** Aborted when the trial is to end: cancelled, out of time, pruned or diverged. */
  readonly signal: AbortSignal;
  /** Reports intermediate metrics. Throws once the trial is to end, which ends an objective that never looks. */
  report(step: number, metrics: Readonly<Record<string, number>>): void;
}

/**
 * A function to optimise: returns the objective's value, or several metrics with the objective's among them, or
 * nothing where it has reported it.
 */
export type ObjectiveFunction = (
  configuration: Configuration,
  context: ObjectiveContext,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function without return is what a person writes
) => ObjectiveResult | void | Promise<ObjectiveResult | void>;
type ObjectiveResult = number | Readonly<Record<string, number>>;

export interface InProcessExecutorOptions {
  readonly objective: ObjectiveFunction;
  readonly settings: {
    readonly objective: Pick<ObjectiveSettings, "metric" | "direction" | "pick">;
    readonly limits?: Pick<LimitSettings, "time" | "diverged_above" | "diverged_on">;
  };
  /** Trials at once; asynchronous objectives only gain by more than one. */
  readonly parallel: number;
  readonly shouldStop?: (task: TrialTask, observation: Observation) => string | undefined;
  /** Monotonic seconds. */
  readonly now?: () => number;
}

/**
 * Runs an objective that is a function of this program. Time limits and cancellation reach it through its signal
 * and through `report`; a function that neither awaits nor reports cannot be interrupted.
 */
export class InProcessExecutor implements Executor {
  readonly slots: number;
  private running = 0;

  constructor(private readonly options: InProcessExecutorOptions) {
    this.slots = options.parallel;
  }

  start(task: TrialTask, observer: TrialObserver): RunningTrial {
    if (this.running >= this.slots) {
      throw new AgentTuneError("internal", {
        message: `Trial ${task.number} was started while all ${this.slots} slots were taken.`,
      });
    }
    this.running++;
    const trial = new FunctionTrial(this.options, task, observer);
    const ended = trial.run().finally(() => {
      this.running--;
    });
    return { ended, cancel: (reason) => trial.end({ kind: "cancelled", reason }) };
  }

  /** Nothing outlives the controller that ran it. */
  async reap(): Promise<readonly string[]> {
    return [];
  }
}

/** Thrown into an objective that reports after its trial was ended. */
class TrialEnded extends Error {
  override readonly name = "AbortError";
}

class FunctionTrial {
  private readonly controller = new AbortController();
  private readonly history: MetricHistory;
  private readonly now: () => number;
  private startedAt = 0;
  private stop: StopCause | undefined;
  private over = false;

  constructor(
    private readonly options: InProcessExecutorOptions,
    private readonly task: TrialTask,
    private readonly observer: TrialObserver,
  ) {
    this.history = new MetricHistory(options.settings.objective, undefined);
    this.now = options.now ?? (() => performance.now() / 1000);
  }

  end(cause: StopCause): void {
    if (this.over || this.stop !== undefined) return;
    this.stop = cause;
    this.controller.abort(new TrialEnded(`trial ${this.task.number} ended: ${cause.kind}`));
  }

  async run(): Promise<TrialEnd> {
    // The caller has its handle, and can cancel, before the objective's first synchronous part runs.
    await Promise.resolve();
    this.startedAt = this.now();
    if (this.stop !== undefined) return this.result([], undefined);
    this.observer.started({});
    const time = this.options.settings.limits?.time;
    const timer =
      time === undefined
        ? undefined
        : setTimeout(() => this.end({ kind: "time", limit: formatDuration(time) }), Math.min(time * 1000, 2 ** 31 - 1));
    try {
      const result = await Promise.race([this.call(), this.interrupted()]);
      this.takeResult(result);
      this.checkTime(time);
      return this.result([], 0);
    } catch (error) {
      this.checkTime(time);
      return this.result(describeThrown(error), undefined);
    } finally {
      clearTimeout(timer);
      this.over = true;
    }
  }

  private async call(): Promise<ObjectiveResult | undefined> {
    const { configuration, seed, number, derived } = this.task;
    const result = await this.options.objective(configuration, {
      seed,
      trial: number,
      derived,
      signal: this.controller.signal,
      report: (step, metrics) => this.report(step, metrics),
    });
    return result ?? undefined;
  }

  private interrupted(): Promise<never> {
    const { signal } = this.controller;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  }

  private report(step: number, metrics: Readonly<Record<string, number>>): void {
    this.checkTime(this.options.settings.limits?.time);
    if (this.over || this.stop !== undefined) throw new TrialEnded(`trial ${this.task.number} has ended`);
    for (const [metric, value] of Object.entries(metrics)) this.take(metric, value, step);
    this.controller.signal.throwIfAborted();
  }

  /** A timer cannot fire while the function computes; the clock can still be read. */
  private checkTime(time: number | undefined): void {
    if (time !== undefined && this.now() - this.startedAt > time)
      this.end({ kind: "time", limit: formatDuration(time) });
  }

  private takeResult(result: ObjectiveResult | undefined): void {
    if (result === undefined || this.stop !== undefined) return;
    const metrics = typeof result === "number" ? { [this.options.settings.objective.metric]: result } : result;
    for (const [metric, value] of Object.entries(metrics)) this.take(metric, value, undefined);
  }

  private take(metric: string, value: number, step: number | undefined): void {
    if (typeof value !== "number" || this.stop !== undefined) return;
    const seconds = this.now() - this.startedAt;
    const observation = this.history.record(step === undefined ? { metric, value } : { metric, value, step }, seconds);
    if (observation === undefined) return;
    this.observer.observed(observation);
    const diverged = divergence(observation, this.options.settings.objective, this.options.settings.limits ?? {});
    if (diverged !== undefined) this.end({ kind: "diverged", reason: diverged });
    const pruned = this.stop === undefined ? this.options.shouldStop?.(this.task, observation) : undefined;
    if (pruned !== undefined) this.end({ kind: "pruned", reason: pruned });
  }

  private result(log: readonly string[], exitCode: number | undefined): TrialEnd {
    const outcome = classify({
      stop: this.stop,
      exitCode,
      log,
      objective: this.options.settings.objective.metric,
      value: this.history.objectiveValue(),
      lastObjective: this.history.lastObjective(),
      metrics: this.history.names(),
    });
    return { outcome, metrics: this.history.lastFinite(), seconds: this.now() - this.startedAt, logTail: log };
  }
}

/** What an objective threw, as the lines of a log: first its stack, last what it says. */
function describeThrown(error: unknown): readonly string[] {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : `Thrown: ${String(error)}`;
  const stack = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  return [...stack.slice(0, 8), ...said.split("\n").slice(0, 20)].map((line) => plainText(line).slice(0, 500));
}
