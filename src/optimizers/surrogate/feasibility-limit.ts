import type { Configuration } from "../../space/parameter.js";
import type { Measured } from "../optimizer.js";
import { fitHazard } from "./feasibility-hazard.js";
import { ResourceLimit, type ResourceUse } from "./feasibility-resource.js";
import { mixed, shareOf } from "./feasibility-share.js";
import type { Sizes } from "./feasibility-sizes.js";
import type { Standardisation } from "./feasibility-standardisation.js";
import { LogisticRegression } from "./logistic-regression.js";

/** One ended trial. Failures that the configuration did not cause have no place here. */
export interface FeasibilityTrial {
  /** Canonical. */
  readonly configuration: Configuration;
  readonly failed: boolean;
  /** Failure kind; kinds are learned apart, because they have causes of their own. */
  readonly kind?: string;
  /** What is known of it besides: how much memory it used, how far it came, how long it took. */
  readonly measured?: Measured;
}

export interface FeasibilityOptions {
  readonly seed: number;
  /** Limits that are known, in the units in which the trials are measured. */
  readonly limits?: { readonly peakMemory?: number; readonly cost?: number };
}

/** How many failures (of how many trials) a study is thought to have seen before its first. */
export const PRIOR_FAILURES = 0.2;
export const PRIOR_TRIALS = 2;
/** Stands for the kind of failures that were told without one. */
export const UNNAMED_KIND = "failed";
/** A failed trial that came this far had reached its use of memory; one that timed out, a rate to go by. */
const SETTLED_PROGRESS = 0.1;

/** The resource whose limit shows as a failure of this kind. */
const RESOURCE_OF: ReadonlyMap<string, "peakMemory" | "cost"> = new Map([
  ["out_of_memory", "peakMemory"],
  ["timeout", "cost"],
]);

/** Kinds of failure by a limit that is known, of trials in which the use of the resource was measured. */
export function watchedKinds(trials: readonly FeasibilityTrial[], { limits }: FeasibilityOptions): readonly string[] {
  return [...RESOURCE_OF].flatMap(([kind, resource]) =>
    limits?.[resource] !== undefined && trials.some(({ measured }) => measured?.[resource] !== undefined) ? [kind] : [],
  );
}

/** One kind of failure. */
export interface Limit {
  readonly kind: string;
  /** Squared coefficients of its logistic regression say which features count. */
  readonly model: LogisticRegression;
  /** By trial: its probability by models that were fitted without it. */
  readonly leftOut: ReadonlyMap<number, number>;
  /** @param row standardised features of the configuration */
  probability(configuration: Configuration, row: Float64Array): number;
}

/**
 * Fits what breaks the limit behind one kind of failure: a plane, how far failed trials came, and the resource that
 * runs out, each with the share that its predictions of unseen trials deserve.
 *
 * @param labels 1 for failed trials
 * @param scaling holds the standardised features of the trials
 */
export function fitLimit(
  kind: string,
  trials: readonly FeasibilityTrial[],
  labels: Uint8Array,
  scaling: Standardisation,
  sizes: Sizes,
  { limits }: FeasibilityOptions,
): Limit {
  const members = trials.flatMap(({ failed, kind: other }, i) =>
    !failed || (other ?? UNNAMED_KIND) === kind ? [i] : [],
  );
  const rows = members.map((i) => scaling.rows[i]!);
  const ofKind = Uint8Array.from(members, (i) => labels[i]!);
  const count = ofKind.reduce((sum, label) => sum + label, 0);
  const baseRate = (count + PRIOR_FAILURES) / (members.length + PRIOR_TRIALS);
  const model = LogisticRegression.fit(rows, ofKind, baseRate);

  const progress = Float64Array.from(members, (i) => trials[i]!.measured?.progress ?? 1);
  const hazard = fitHazard(rows, ofKind, progress, baseRate);
  const hazardShare = hazard === undefined ? 0 : shareOf(ofKind, model.leftOut, hazard.leftOut);
  let leftOut = mixed(model.leftOut, hazard?.leftOut, hazardShare);

  const resource = RESOURCE_OF.get(kind);
  const limit = resource && limits?.[resource];
  // Whatever else they failed by, these trials show what they used: all of them take part, and not the members alone.
  const use =
    resource && ResourceLimit.fit(sizes.rows, trials.map(resourceUse(kind, resource)), limit && Math.log(limit));
  const useLeftOut = use && Float64Array.from(members, (i) => use.leftOut[i]!);
  // Before the first failure of the kind there is nothing to compare by, and nothing that the others could know.
  const useShare = useLeftOut === undefined ? 0 : count === 0 ? 1 : shareOf(ofKind, leftOut, useLeftOut);
  leftOut = mixed(leftOut, useLeftOut, useShare);

  return {
    kind,
    model,
    leftOut: new Map(members.map((i, at) => [i, leftOut[at]!])),
    probability(configuration, row) {
      const plane = hazardShare < 1 ? model.probability(row) : 0;
      const early = hazard !== undefined && hazardShare > 0 ? hazard.probability(row) : 0;
      const known = (1 - hazardShare) * plane + hazardShare * early;
      if (use === undefined || useShare === 0) return known;
      return (1 - useShare) * known + useShare * use.probability(sizes.vector(configuration, row));
    },
  };
}

/** What a trial shows of its use of the resource whose limit failures of `kind` break. */
function resourceUse(kind: string, resource: "peakMemory" | "cost"): (trial: FeasibilityTrial) => ResourceUse {
  return ({ failed, kind: other, measured }) => {
    const used = measured?.[resource];
    const logUse = used !== undefined && used > 0 && Number.isFinite(used) ? Math.log(used) : undefined;
    const progress = measured?.progress ?? (failed ? 0 : 1);
    if (failed && other === kind) {
      // Time goes on evenly: whoever was half done when it was over needed twice as much.
      const projects = resource === "cost" && logUse !== undefined && progress >= SETTLED_PROGRESS && progress < 1;
      return { kind: "exceeded", logUse, logNeed: projects ? logUse - Math.log(progress) : undefined };
    }
    const settled = !failed || (resource === "peakMemory" && progress >= SETTLED_PROGRESS);
    return logUse === undefined || !settled ? { kind: "unknown" } : { kind: "needed", logUse };
  };
}
