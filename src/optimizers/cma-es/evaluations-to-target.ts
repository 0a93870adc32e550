import { RandomStream } from "../../math/random.js";
import type { EvaluatedPoint, SearchPoint } from "./search-distribution.js";
import { SearchDistribution, type SearchDistributionOptions } from "./search-distribution.js";

/** A minimisation that is counted until it reaches its target. */
export interface Minimisation {
  /** Where the distribution starts. */
  readonly start: SearchDistributionOptions;
  readonly objective: (point: SearchPoint) => number;
  readonly target: number;
  /** Gives up beyond. */
  readonly most: number;
  /** Replaces the first point of each generation; it is told as injected, and reaching the target with it does not count. */
  readonly inject?: (random: RandomStream) => readonly number[];
}

export interface Arrival {
  /** Evaluations in whole generations until one of the distribution's own samples reached the target. */
  readonly evaluations: number | undefined;
  readonly largestStepSize: number;
}

/**
 * Runs a search distribution on its own: no search space, no bounds, no restarts. What published figures of CMA-ES
 * are counted with.
 */
export function evaluationsToTarget({ start, objective, target, most, inject }: Minimisation, seed: number): Arrival {
  const random = RandomStream.fromSeed(seed);
  const search = new SearchDistribution(start);
  const { populationSize } = start;
  let largestStepSize = 0;
  for (let evaluations = populationSize; evaluations <= most; evaluations += populationSize) {
    const generation = Array.from({ length: populationSize }, (_, k): EvaluatedPoint => {
      const injected = inject !== undefined && k === 0;
      const point = injected ? { numeric: inject(random), categorical: [] } : search.sample(random);
      return { ...point, injected, evaluation: { kind: "value", value: objective(point) } };
    });
    const arrived = generation.some(
      ({ injected, evaluation }) => !injected && evaluation.kind === "value" && evaluation.value <= target,
    );
    if (arrived) return { evaluations, largestStepSize };
    search.update(generation);
    largestStepSize = Math.max(largestStepSize, search.gaussian?.stepSize ?? 0);
  }
  return { evaluations: undefined, largestStepSize };
}
