import { z } from "zod";
import { at } from "../../math/vector.js";

/**
 * Handling of noise by asking again. In each generation the best configuration is run a second time; how far its rank
 * moves measures how much of the ranking is chance (uncertainty handling, Hansen, Niederberger, Guzzella and
 * Koumoutsakos, IEEE Transactions on Evolutionary Computation 13(1), 2009).
 *
 * What is done about it differs from the paper, which raises the step size or repeats every evaluation: in studies of
 * some hundred trials neither helped. The population grows while ranks are uncertain, so that recombination averages
 * the noise, and shrinks again when they are not. Measured in docs/optimizers/cma-es.md.
 */
export const noiseSchema = z.object({
  /** Moving average of the rank change; ranks count as uncertain above 0. */
  uncertainty: z.number(),
  /** How much larger than without noise the population is, from 1 on. */
  factor: z.number(),
  /** The configuration of the waiting generation that is run again. */
  repetition: z
    .object({
      /** Its position among the waiting results. */
      row: z.number(),
      /** Absent until it was asked for. */
      candidate: z.number().exactOptional(),
    })
    .exactOptional(),
});
export type Noise = z.infer<typeof noiseSchema>;

export const noNoise: Noise = { uncertainty: 0, factor: 1 };

/** Share of the newest rank change in the moving average. */
const smoothing = 0.3;
const growth = 1.25;
const shrinkage = 1.1;
const largestFactor = 4;

/** Rank changes count beyond this share of those that would be due to chance alone, halved (theta). */
const quantile = 0.1;

/** The values of a generation after one of them was measured again, and what the two measurements tell. */
export function afterRepetition(
  noise: Noise,
  values: readonly number[],
  row: number,
  repeated: number,
): { readonly noise: Noise; readonly average: number } {
  const change = rankChange(values, row, repeated);
  const uncertainty = (1 - smoothing) * noise.uncertainty + smoothing * change;
  const factor = Math.min(
    largestFactor,
    Math.max(1, uncertainty > 0 ? noise.factor * growth : noise.factor / shrinkage),
  );
  // Halves first: the sum of two finite numbers need not be finite.
  return { noise: { uncertainty, factor }, average: at(values, row) / 2 + repeated / 2 };
}

/**
 * How much further apart two measurements of the same configuration rank than a random ranking puts them in a tenth of
 * all cases; the paper's s, for one of the points measured again.
 *
 * @param values of the whole generation, first measurements
 */
export function rankChange(values: readonly number[], row: number, repeated: number): number {
  const first = at(values, row);
  const all = [...values, ...values.map((value, k) => (k === row ? repeated : value))];
  const rank = (value: number) => all.filter((other) => other < value).length;
  const [before, after] = [rank(first), rank(repeated)];
  const moved = Math.max(0, Math.abs(after - before) - 1);
  return (
    2 * moved -
    byChance(before - (first > repeated ? 1 : 0), values.length) -
    byChance(after - (repeated > first ? 1 : 0), values.length)
  );
}

/** The given quantile of the distances of a rank to all others, among 2 lambda values. */
function byChance(rank: number, populationSize: number): number {
  const distances = Array.from({ length: 2 * populationSize - 1 }, (_, k) => Math.abs(k + 1 - rank));
  return at(
    distances.sort((a, b) => a - b),
    Math.floor(quantile * distances.length),
  );
}
