import type { Evidence, Group } from "../evidence/index.js";
import { toLoss } from "../evidence/index.js";
import type { StudySettings } from "./settings.js";

/**
 * When a known configuration runs again instead of a new one. Repeats cost trials, so they are few: they measure the
 * noise floor early, and settle whether a new incumbent that leads by less than the noise really leads.
 */
export type NoisePolicy = Pick<StudySettings["noise"], "replicates">;

export interface Repeat {
  readonly group: Group;
  readonly reason: string;
}

/** Largest part of the trials that may be repeats. */
const quota = 0.15;
/** Configurations that have completed before the first repeat. */
const firstAfter = 5;
/** Runs of one configuration after which more of them no longer settle anything worth the cost. */
const enoughRuns = 4;

/**
 * @param running keys of configurations that are queued or running, which are not repeated at the same time
 */
export function nextRepeat(policy: NoisePolicy, evidence: Evidence, running: ReadonlySet<string>): Repeat | undefined {
  if (policy.replicates === "off") return undefined;
  const incumbent = evidence.incumbent?.group;
  if (incumbent === undefined || running.has(incumbent.key)) return undefined;
  const noise = evidence.noise;
  // One exact repeat shows that the runs do not depend on the seed; repeating again would only burn trials.
  if (noise?.deviation === 0) return undefined;
  if (evidence.completeGroups < firstAfter) return undefined;
  const { repeats } = evidence;
  if (noise === undefined) {
    return repeats >= 2 ? undefined : { group: incumbent, reason: "to measure the noise between seeds" };
  }
  if (repeats + 1 > quota * (evidence.trials.length + 1)) return undefined;
  if (incumbent.trials.length >= enoughRuns) return undefined;
  const rival = evidence.ranked(2)[1];
  if (rival === undefined) return undefined;
  const lead = Math.abs(meanLoss(evidence, incumbent) - meanLoss(evidence, rival));
  const standardError = noise.deviation * Math.sqrt(1 / incumbent.losses.length + 1 / rival.losses.length);
  if (lead > 2 * standardError) return undefined;
  if (incumbent.losses.length <= rival.losses.length) {
    return { group: incumbent, reason: `it leads trial ${rival.first.number} by less than the noise can explain` };
  }
  if (rival.trials.length >= enoughRuns || running.has(rival.key)) return undefined;
  return { group: rival, reason: "it is behind the incumbent by less than the noise can explain" };
}

function meanLoss(evidence: Evidence, group: Group): number {
  const estimate = evidence.estimate(group);
  return estimate === undefined ? Number.POSITIVE_INFINITY : toLoss(evidence.objective, estimate.mean);
}
