import type { RandomStream } from "../../src/math/random.js";

/**
 * How two versions of training code differ by their seeds alone: noise of mean zero and, for the parent, of standard
 * deviation one, so that gains are in standard deviations of one run.
 */
export interface RunNoise {
  readonly name: string;
  /** Noise of both runs of a pair. */
  draw(random: RandomStream): readonly [candidate: number, parent: number];
  /** Values are rounded to multiples of this: a coarse metric. */
  readonly step?: number;
}

/** Student's t with 3 degrees of freedom, scaled to a variance of one. */
function heavyTailed(random: RandomStream): number {
  const chiSquared = random.normal() ** 2 + random.normal() ** 2 + random.normal() ** 2;
  return random.normal() / Math.sqrt(chiSquared);
}

/** Exponential less its mean: now and then a run that is much worse. */
function skewed(random: RandomStream): number {
  return -Math.log(1 - random.uniform()) - 1;
}

/** Normal, with a deviation that differs from seed to seed by a factor of about two, scaled to a variance of one. */
function varying(random: RandomStream): (deviation: number) => number {
  const deviation = Math.exp(0.7 * random.normal() - 0.49);
  return (factor) => factor * deviation * random.normal();
}

const normal = (random: RandomStream) => random.normal();

function independent(one: (random: RandomStream) => number): RunNoise["draw"] {
  return (random) => [one(random), one(random)];
}

/** Part of the variance that both runs of a pair share, because they have the same seed. */
const shared = 0.8;

function correlated(one: (random: RandomStream) => number): RunNoise["draw"] {
  return (random) => {
    const common = Math.sqrt(shared) * one(random);
    const own = () => Math.sqrt(1 - shared) * one(random);
    return [common + own(), common + own()];
  };
}

export const runNoises: readonly RunNoise[] = [
  { name: "normal", draw: independent(normal) },
  { name: "normal, correlated by seed", draw: correlated(normal) },
  { name: "heavy tails (t3)", draw: independent(heavyTailed) },
  { name: "heavy tails (t3), correlated by seed", draw: correlated(heavyTailed) },
  { name: "skewed (exponential)", draw: independent(skewed) },
  { name: "skewed, correlated by seed", draw: correlated(skewed) },
  {
    name: "deviation varies by seed",
    draw: (random) => {
      const one = varying(random);
      return [one(1), one(1)];
    },
  },
  { name: "candidate twice as noisy", draw: (random) => [2 * random.normal(), random.normal()] },
  { name: "candidate twice as noisy, skewed", draw: (random) => [2 * skewed(random), skewed(random)] },
  { name: "candidate twice as noisy, skewed to good", draw: (random) => [-2 * skewed(random), -skewed(random)] },
  { name: "coarse metric (steps of one deviation)", draw: independent(normal), step: 1 },
];
