import { z } from "zod";
import { short } from "../../evidence/numbers.js";
import { decide, type GateDecision, type OpenGate, openGateSchema } from "./gate.js";

/**
 * Which runs a candidate version is due next, so that it and its parent are compared at their best: one run with the
 * parent's numbers, then tuning, early ended where it is hopeless, then as many further trials for the parent, then
 * pairs. A pure function of what has run so far; the study carries it out.
 */

/** A loss, smaller is better. JSON has no infinity, the loss of a run that failed: it is stored as null. */
const lossSchema = z
  .number()
  .or(z.literal(Number.POSITIVE_INFINITY))
  .or(z.null())
  .transform((loss) => loss ?? Number.POSITIVE_INFINITY);

/** A candidate under way. Stored: JSON.stringify writes it, parsing restores it. */
export const candidateSchema = z.object({
  /** Tuning trials it gets, from {@link planCandidate}. */
  tuning: z.number().int().positive(),
  /** Trials of the study that it may use in all, its parent's included. */
  budget: z.number().int().nonnegative(),
  noise: z.number().nonnegative().exactOptional(),
  /**
   * Losses of the parent before the candidate was made: estimated true value of its best configuration, and the median
   * of its trials that succeeded, which says how far apart good and ordinary numbers lie.
   */
  parentBefore: z.object({ best: z.number(), median: z.number() }),
  /** In the order in which they ended: the check run first, then tuning. */
  candidateLosses: z.array(lossSchema),
  /** Search trials of the parent that began since the candidate was made. */
  parentLosses: z.array(lossSchema),
  pairs: z.array(z.object({ candidate: lossSchema, parent: lossSchema })),
  /** From the first pair on. */
  gate: openGateSchema.exactOptional(),
});
export type Candidate = z.output<typeof candidateSchema>;

export type CandidateStep =
  /** Run so many trials more of this kind; fewer may be started at a time. */
  | { readonly kind: "check" | "tune-candidate" | "tune-parent"; readonly count: number; readonly reason: string }
  /** `maxPairs`: for opening the gate, before the first pair. */
  | { readonly kind: "pairs"; readonly count: number; readonly maxPairs: number; readonly reason: string }
  | { readonly kind: "verdict"; readonly decision: Exclude<GateDecision, { kind: "more" }> };

/** Tuning trials: one for each parameter, within these bounds. */
const tuningBounds = { least: 4, most: 12 } as const;
/** Pairs beyond which even a budget that allows them is better spent on other moves. */
const mostPairs = 20;
/** Below this, tuning says too little to be worth the runs. */
const leastTuning = 2;

/**
 * How a candidate is tried, or undefined where the budget does not suffice: one check run, `tuning` trials of the
 * candidate, as many of its parent, and twice `leastPairs`.
 *
 * @param parameters that the candidate has
 * @param budget trials that the try may use
 * @param leastPairs of the gate, for the level that is next
 */
export function planCandidate(options: {
  readonly parameters: number;
  readonly budget: number;
  readonly leastPairs: number;
  readonly parentBefore: { readonly best: number; readonly median: number };
  readonly noise?: number;
}): Candidate | undefined {
  const { parameters, budget, leastPairs, parentBefore, noise } = options;
  const wanted = Math.min(tuningBounds.most, Math.max(tuningBounds.least, parameters));
  const affordable = Math.floor((budget - 1 - 2 * leastPairs) / 2);
  const tuning = Math.min(wanted, affordable);
  if (tuning < leastTuning) return undefined;
  const known = noise === undefined ? {} : { noise };
  return { tuning, budget, parentBefore, candidateLosses: [], parentLosses: [], pairs: [], ...known };
}

/** What the candidate is due, or what became of it. */
export function nextForCandidate(state: Candidate): CandidateStep {
  const { candidateLosses, parentLosses, tuning, pairs, gate } = state;
  const [check] = candidateLosses;
  if (check === undefined) return { kind: "check", count: 1, reason: "One run with its parent's numbers." };
  if (!Number.isFinite(check)) return verdict(true, "Its run with the parent's numbers failed.");
  if (pairs.length === 0) {
    const hopeless = hopelessReason(state);
    if (hopeless !== undefined) return verdict(false, hopeless);
  }

  const tuned = candidateLosses.length - 1;
  if (tuned < tuning) {
    // In two halves, so that one that stays far behind costs half.
    const half = Math.ceil(tuning / 2);
    const count = (tuned < half ? half : tuning) - tuned;
    return { kind: "tune-candidate", count, reason: `${tuned} of its ${tuning} tuning trials have run.` };
  }
  const due = tuning - parentLosses.length;
  if (due > 0) {
    const reason = `Its parent has had ${parentLosses.length} trials since, the candidate ${tuning}.`;
    return { kind: "tune-parent", count: due, reason };
  }

  const maxPairs = gate?.maxPairs ?? affordablePairs(state);
  if (gate === undefined) {
    if (maxPairs === 0) return verdict(false, "The budget is used up before it could be compared with its parent.");
    // The first says which way it goes; how many more are needed depends on it.
    return { kind: "pairs", count: 1, maxPairs, reason: "Both are tuned alike: the first pair." };
  }
  return afterPairs(state, gate);
}

function afterPairs({ pairs }: Candidate, gate: OpenGate): CandidateStep {
  const decision = decide(pairs, gate);
  if (decision.kind !== "more") return { kind: "verdict", decision };
  return { kind: "pairs", count: 1, maxPairs: gate.maxPairs, reason: decision.reason };
}

function affordablePairs({ budget, candidateLosses, parentLosses }: Candidate): number {
  return Math.max(0, Math.min(mostPairs, Math.floor((budget - candidateLosses.length - parentLosses.length) / 2)));
}

/**
 * Why going on would be a waste. The best run so far may stand behind the parent's best by three deviations of the
 * difference of two runs, and, while trials are left, by what tuning may still bring: twice the distance between the
 * parent's median and its best, in proportion to the trials that are left. Where no noise is known, a hundredth of the
 * value stands in for the three deviations.
 */
function hopelessReason(state: Candidate): string | undefined {
  const { candidateLosses, parentBefore, parentLosses, noise = 0, tuning } = state;
  const best = Math.min(...candidateLosses);
  const left = Math.max(0, 1 - (candidateLosses.length - 1) / tuning);
  const byChance = noise > 0 ? 3 * Math.SQRT2 * noise : 0.01 * Math.abs(parentBefore.best);
  const byTuning = 2 * Math.max(0, parentBefore.median - parentBefore.best) * left;
  // A lucky run of the parent is no reason to give up: one that was run since counts with the allowance for chance.
  const parent = Math.min(parentBefore.best, ...parentLosses.map((loss) => loss + byChance));
  const behind = best - parent;
  if (behind <= byChance + byTuning) return undefined;
  const allowed = `more than the ${short(byChance + byTuning)} that chance and further tuning could make good`;
  return `After ${candidateLosses.length === 1 ? "1 run" : `${candidateLosses.length} runs`} its best is ${short(behind)} behind its parent's, ${allowed}.`;
}

function verdict(failed: boolean, reason: string): CandidateStep {
  return { kind: "verdict", decision: { kind: "reject", failed, reason } };
}
