import { z } from "zod";

/** Edge of the box at the start of a region, and the range it may take, as shares of the encoded range. */
const INITIAL_LENGTH = 0.4;
const LONGEST = 1.6;
const SHORTEST = 0.8 * 0.5 ** 7;
/** Results in a row that improved on the best, after which the region grows. */
const SUCCESSES_TO_GROW = 2;
/** No edge is longer or shorter than the length times this, however long the length scale of its axis. */
const MOST_STRETCH = 3;

export const trustRegionSchema = z.object({
  length: z.number(),
  successes: z.number(),
  failures: z.number(),
  restarts: z.number(),
});
export type TrustRegionState = z.infer<typeof trustRegionSchema>;

/**
 * The box around the best configuration within which most proposals are made (TuRBO; Eriksson, Pearce, Gardner,
 * Turner and Poloczek 2019, arXiv 1910.01739): it grows while proposals improve on the best, shrinks when they do
 * not, and starts anew when it has shrunk to nothing.
 */
export class TrustRegion {
  private constructor(
    private now: TrustRegionState,
    /** Fruitless results after which the region shrinks. */
    private readonly patience: number,
  ) {}

  static create(patience: number): TrustRegion {
    return new TrustRegion({ length: INITIAL_LENGTH, successes: 0, failures: 0, restarts: 0 }, patience);
  }

  static restore(state: TrustRegionState, patience: number): TrustRegion {
    return new TrustRegion(state, patience);
  }

  state(): TrustRegionState {
    return this.now;
  }

  get length(): number {
    return this.now.length;
  }

  /** How often it has started anew. */
  get restarts(): number {
    return this.now.restarts;
  }

  /**
   * Takes in that one of its proposals, or a result from elsewhere, became the best, or that a proposal did not.
   *
   * @param running proposals under way: that many were made before anything was known of the others
   */
  learn(improved: boolean, running: number): void {
    let { length, successes, failures, restarts } = this.now;
    if (improved) {
      failures = 0;
      successes += 1;
      if (successes >= SUCCESSES_TO_GROW) {
        successes = 0;
        length = Math.min(LONGEST, 2 * length);
      }
    } else {
      successes = 0;
      failures += 1;
      if (failures >= this.patience + running) {
        failures = 0;
        length /= 2;
      }
    }
    if (length < SHORTEST) {
      length = INITIAL_LENGTH;
      restarts += 1;
    }
    this.now = { length, successes, failures, restarts };
  }

  /**
   * Half of the edge along each axis: longer where the objective changes slowly, the geometric mean being half the
   * length.
   *
   * @param lengthScales of the axes of the box
   */
  halfEdges(lengthScales: readonly number[]): readonly number[] {
    const logs = lengthScales.map(Math.log);
    const centre = logs.reduce((sum, l) => sum + l, 0) / Math.max(1, logs.length);
    return logs.map((l) => {
      const stretch = Math.exp(l - centre);
      return 0.5 * this.length * Math.min(MOST_STRETCH, Math.max(1 / MOST_STRETCH, stretch));
    });
  }
}
