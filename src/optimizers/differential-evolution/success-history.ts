import { z } from "zod";
import type { RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";

/** Entries of the memory; H of the paper. */
const entries = 5;
/** Where every entry starts. */
const initialValue = 0.5;
/** Spread of what is drawn around an entry. */
const scale = 0.1;

/** Scale factor F and crossover rate CR of one trial. */
export interface ControlParameters {
  readonly scaleFactor: number;
  readonly crossoverRate: number;
}

interface Success extends ControlParameters {
  readonly weight: number;
}

const successSchema = z.object({ scaleFactor: z.number(), crossoverRate: z.number(), weight: z.number() });
export const successHistorySchema = z.object({
  scaleFactors: z.array(z.number()),
  crossoverRates: z.array(z.number()),
  next: z.number(),
  successes: z.array(successSchema),
});
export type SuccessHistoryState = z.infer<typeof successHistorySchema>;

/**
 * The memory of control parameters that led to better points: SHADE (Tanabe and Fukunaga 2013) with the terminal value
 * of L-SHADE (Tanabe and Fukunaga 2014).
 */
export class SuccessHistory {
  private readonly scaleFactors: number[];
  /** Negative: the terminal value, every trial of this entry takes one coordinate of the mutant only. */
  private readonly crossoverRates: number[];
  private next: number;
  private successes: Success[];

  constructor(state?: SuccessHistoryState) {
    this.scaleFactors = [...(state?.scaleFactors ?? Array<number>(entries).fill(initialValue))];
    this.crossoverRates = [...(state?.crossoverRates ?? Array<number>(entries).fill(initialValue))];
    this.next = state?.next ?? 0;
    this.successes = [...(state?.successes ?? [])];
  }

  /** Control parameters of one trial: F Cauchy and CR normal around an entry drawn at random. */
  draw(random: RandomStream): ControlParameters {
    const entry = random.integer(entries);
    const rate = at(this.crossoverRates, entry);
    const noise = random.normal();
    const crossoverRate = rate < 0 ? 0 : Math.min(1, Math.max(0, rate + scale * noise));
    let scaleFactor = 0;
    // Half of the mass at least lies above zero: that takes two draws on average.
    while (scaleFactor <= 0) {
      scaleFactor = at(this.scaleFactors, entry) + scale * Math.tan(Math.PI * (random.uniform() - 0.5));
    }
    return { scaleFactor: Math.min(1, scaleFactor), crossoverRate };
  }

  /** @param weight how much better the point was than the one that it replaced; positive */
  succeeded({ scaleFactor, crossoverRate }: ControlParameters, weight: number): void {
    this.successes.push({ scaleFactor, crossoverRate, weight });
  }

  /** Ends a generation: its successes, if there were any, make the next entry. */
  endGeneration(): void {
    if (this.successes.length === 0) return;
    const highest = Math.max(...this.successes.map(({ crossoverRate }) => crossoverRate));
    this.scaleFactors[this.next] = lehmerMean(this.successes, (success) => success.scaleFactor);
    const terminal = at(this.crossoverRates, this.next) < 0 || highest === 0;
    this.crossoverRates[this.next] = terminal ? -1 : lehmerMean(this.successes, (success) => success.crossoverRate);
    this.next = (this.next + 1) % entries;
    this.successes = [];
  }

  state(): SuccessHistoryState {
    return {
      scaleFactors: [...this.scaleFactors],
      crossoverRates: [...this.crossoverRates],
      next: this.next,
      successes: [...this.successes],
    };
  }
}

/** Weighted Lehmer mean: sum w s^2 / sum w s. */
function lehmerMean(successes: readonly Success[], of: (success: Success) => number): number {
  let squares = 0;
  let sum = 0;
  for (const success of successes) {
    squares += success.weight * of(success) ** 2;
    sum += success.weight * of(success);
  }
  return squares / sum;
}
