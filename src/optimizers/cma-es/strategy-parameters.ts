import { rawWeights, scaledWeights } from "./recombination-weights.js";

/** What CMA-ES derives from the number of dimensions and the population size (arXiv 1604.00772, table 1). */
export interface StrategyParameters {
  /** Number of numeric dimensions, n. */
  readonly dimension: number;
  /** lambda. */
  readonly populationSize: number;
  /** mu: how many of the best are recombined into the mean. */
  readonly parents: number;
  /** mu_eff. */
  readonly effectiveParents: number;
  /** By rank, best first; the worse half negative where the covariance is active. */
  readonly weights: readonly number[];
  /** c_sigma and d_sigma: cumulation and damping of step-size control. */
  readonly stepSizeCumulation: number;
  readonly stepSizeDamping: number;
  /** Largest change of ln(stepSize) in one generation. */
  readonly largestStepSizeChange: number;
  /** c_c: cumulation for the rank-one update. */
  readonly covarianceCumulation: number;
  /** c_1 and c_mu: learning rates of the rank-one and rank-mu updates. */
  readonly rankOneRate: number;
  readonly rankMuRate: number;
  /** E||N(0, I)||. */
  readonly expectedLength: number;
}

/**
 * Two published sets of default parameters. `tutorial`: arXiv 1604.00772, table 1, as in the cmaes package. `pycma`:
 * those of the pycma package, version 4, which cumulate the step-size path over fewer generations, learn somewhat more
 * from the rank-mu update and less from the rank-one update where the population is smaller than six, and change the
 * step size by a factor of at most e in one generation.
 */
export type ParameterConvention = "tutorial" | "pycma";

/** lambda for that many parameters of any kind (48). */
export function defaultPopulationSize(dimension: number): number {
  return 4 + Math.floor(3 * Math.log(Math.max(1, dimension)));
}

/**
 * @param dimension numeric dimensions, at least 1
 * @param populationSize at least 2
 * @param active whether the worse half gets negative weights in the covariance update
 */
export function strategyParameters(
  dimension: number,
  populationSize: number,
  active = true,
  convention: ParameterConvention = "tutorial",
): StrategyParameters {
  const n = dimension;
  const pycma = convention === "pycma";
  const { raw, parents, effectiveParents: mueff, effectiveOthers } = rawWeights(populationSize);
  const c1 = ((pycma ? Math.min(1, populationSize / 6) : 1) * 2) / ((n + 1.3) ** 2 + mueff); // (57)
  const cmu = Math.min(
    // The subtrahend keeps c1 + cmu below 1 for very large populations.
    1 - c1 - 1e-8,
    (2 * ((pycma ? 0.25 : 0) + mueff - 2 + 1 / mueff)) / ((n + 2) ** 2 + mueff), // (58)
  );
  const negativeSum = active
    ? Math.min(
        1 + c1 / cmu, // (50)
        1 + (2 * effectiveOthers) / (mueff + 2), // (51)
        (1 - c1 - cmu) / (n * cmu), // (52)
      )
    : 0;
  const cs = (mueff + 2) / (n + mueff + (pycma ? 3 : 5)); // (55)
  return {
    dimension: n,
    populationSize,
    parents,
    effectiveParents: mueff,
    weights: scaledWeights(raw, negativeSum),
    stepSizeCumulation: cs,
    stepSizeDamping: 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + cs,
    largestStepSizeChange: pycma ? 1 : Number.POSITIVE_INFINITY,
    covarianceCumulation: (4 + mueff / n) / (n + 4 + (2 * mueff) / n), // (56)
    rankOneRate: c1,
    rankMuRate: cmu,
    expectedLength: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
  };
}
