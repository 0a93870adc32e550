import { Evidence, type FinishedTrial, type Objective } from "../evidence/index.js";
import type { SearchSpace } from "../space/search-space.js";

/** The incumbent after one more trial had finished. */
export interface BestSoFar {
  /** Finished trials of the search, from 1. */
  readonly finished: number;
  /** Estimated true value of the incumbent then; undefined before anything completed. */
  readonly value: number | undefined;
  /** Who proposed it. */
  readonly origin: string | undefined;
  /** First trial of its configuration. */
  readonly trial: number | undefined;
}

/**
 * How the incumbent went, by estimated true value and not by the luckiest run; so it may also rise again when a
 * repeat shows that a value was luck.
 *
 * @param trials in the order in which they finished
 * @param every only after every so many trials, and the last: enough for a chart with fewer columns than trials
 */
export function bestSoFar(
  trials: readonly FinishedTrial[],
  space: SearchSpace,
  objective: Objective,
  every = 1,
): readonly BestSoFar[] {
  const evidence = new Evidence(space, objective);
  return trials.flatMap((trial, index) => {
    evidence.add(trial);
    const finished = index + 1;
    return index % every === 0 || finished === trials.length ? [bestNow(evidence, finished)] : [];
  });
}

export function bestNow({ incumbent }: Evidence, finished: number): BestSoFar {
  return {
    finished,
    value: incumbent?.estimate.mean,
    origin: incumbent?.group.first.proposal.origin,
    trial: incumbent?.group.first.number,
  };
}
