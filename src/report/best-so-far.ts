import { shownOrigin } from "../code/version.js";
import { finishedSteps, type StoredEvidence, VersionEvidence } from "../study/version-evidence.js";

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
  /** The code version that the study would have answered with. */
  readonly version: string;
}

/**
 * How the incumbent went, by estimated true value and not by the luckiest run; so it may also rise again when a
 * repeat shows that a value was luck. Where the code is searched it is the incumbent of the version that the study
 * would have answered with at the time: what a version seems to gain counts from when it is kept.
 *
 * @param every only after every so many trials, and the last: enough for a chart with fewer columns than trials
 */
export function bestSoFar(reading: StoredEvidence, every = 1): readonly BestSoFar[] {
  const evidence = new VersionEvidence(reading.settings, reading.versions);
  const steps = finishedSteps(reading);
  return steps.flatMap(({ trial, head }, index) => {
    evidence.add(trial);
    evidence.head = head;
    return index % every === 0 || index === steps.length - 1 ? [bestNow(evidence)] : [];
  });
}

export function bestNow({ now, head, trials }: VersionEvidence): BestSoFar {
  const { incumbent } = now;
  return {
    finished: trials.length,
    value: incumbent?.estimate.mean,
    origin: incumbent === undefined ? undefined : shownOrigin(incumbent.group.first.proposal),
    trial: incumbent?.group.first.number,
    version: head,
  };
}
