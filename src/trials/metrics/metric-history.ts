import type { Observation } from "../outcome.js";
import type { ObjectiveSettings } from "../settings.js";
import type { Reading } from "./reading.js";

/** Distinct metrics that are kept; what comes later under new names is dropped. */
const mostMetrics = 256;
/** Readings of one metric that are passed on; later ones still count for the last and the best value. */
const mostObservations = 10_000;

interface Track {
  count: number;
  last: number;
  lastFinite: number | undefined;
  best: number | undefined;
  lastFiniteStep: number;
}

/** What the readings of one trial come to: last and best values, steps, and whether they ceased to be finite. */
export class MetricHistory {
  private readonly tracks = new Map<string, Track>();

  constructor(
    private readonly objective: Pick<ObjectiveSettings, "metric" | "direction" | "pick">,
    private readonly keep: readonly string[] | undefined,
  ) {}

  /**
   * Takes in one reading. Returns it as an observation, with its step counted where it came without one; undefined
   * where the metric is not kept or there are too many of it to pass on.
   */
  record(reading: Reading, seconds: number): Observation | undefined {
    const { metric, value } = reading;
    if (metric !== this.objective.metric && this.keep !== undefined && !this.keep.includes(metric)) return undefined;
    let track = this.tracks.get(metric);
    if (track === undefined) {
      if (this.tracks.size >= mostMetrics && metric !== this.objective.metric) return undefined;
      track = { count: 0, last: value, lastFinite: undefined, best: undefined, lastFiniteStep: -1 };
      this.tracks.set(metric, track);
    }
    const step = reading.step ?? track.count;
    track.count++;
    track.last = value;
    if (Number.isFinite(value)) {
      track.lastFinite = value;
      track.lastFiniteStep = step;
      const better = this.objective.direction === "minimize" ? Math.min : Math.max;
      track.best = track.best === undefined ? value : better(track.best, value);
    }
    return track.count > mostObservations ? undefined : { metric, step, value, seconds };
  }

  /** Last finite reading of each metric. */
  lastFinite(): Record<string, number> {
    const entries = [...this.tracks].flatMap(([name, track]) =>
      track.lastFinite === undefined ? [] : [[name, track.lastFinite] as const],
    );
    return Object.fromEntries(entries);
  }

  /** Names seen, in order of first appearance. */
  names(): readonly string[] {
    return [...this.tracks.keys()];
  }

  /**
   * The objective's value: its last reading or its best finite one. Undefined where there was none; not finite
   * where the reading that counts was not.
   */
  objectiveValue(): number | undefined {
    const track = this.tracks.get(this.objective.metric);
    if (track === undefined) return undefined;
    return this.objective.pick === "best" ? (track.best ?? track.last) : track.last;
  }

  /** Last finite reading of the objective with its step, for a trial that was pruned. */
  lastObjective(): { readonly value: number; readonly step: number } | undefined {
    const track = this.tracks.get(this.objective.metric);
    return track?.lastFinite === undefined ? undefined : { value: track.lastFinite, step: track.lastFiniteStep };
  }

  /** The last reading of a metric, finite or not. */
  last(metric: string): number | undefined {
    return this.tracks.get(metric)?.last;
  }
}
