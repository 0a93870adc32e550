import { z } from "zod";
import { short } from "../../evidence/numbers.js";
import { studentQuantile } from "../../math/student.js";
import type { Gain } from "../version.js";
import { type Differences, halfWidth, leastCount, logEvidence } from "./e-process.js";
import { nextLevel, type Tries } from "./tries.js";

/**
 * Is a version better than its parent? Decided from pairs of runs of both on the same fresh seed, after every pair, with
 * as few as the evidence needs.
 */

/** Losses of both on one seed: smaller is better, infinite for a run that failed. */
export interface Pair {
  readonly candidate: number;
  readonly parent: number;
}

export type GateDecision =
  | { readonly kind: "more"; readonly reason: string }
  | { readonly kind: "keep"; readonly reason: string; readonly gain: Gain }
  | { readonly kind: "keep_simpler"; readonly reason: string; readonly gain: Gain }
  /** `failed`: because its runs fail where the parent's do not. */
  | { readonly kind: "reject"; readonly reason: string; readonly failed: boolean; readonly gain?: Gain };

export interface GateOptions {
  /** 0.95: of the versions that pass, at most 5 % have no gain. */
  readonly confidence: number;
  /** Lines of the editable files: an equal version with fewer of them is kept as simpler. */
  readonly lines: { readonly candidate: number; readonly parent: number };
  /**
   * Standard deviation between runs that differ in their seed alone. 0 where repeats reproduce exactly, absent where
   * nothing was repeated.
   */
  readonly noise?: number;
  /** Pairs that may be run, from the budget. */
  readonly maxPairs: number;
  /** For a version with flags: a quarter of the level, and five pairs at least. It is then held, not kept. */
  readonly strict?: boolean;
}

/** A test under way; stored, since its level depends on the tries before it. */
export const openGateSchema = z.object({
  /** Probability with which a version without a gain may pass. */
  level: z.number().positive(),
  leastPairs: z.number().int().positive(),
  maxPairs: z.number().int().nonnegative(),
  /** Lines that the candidate has fewer than its parent; at most 0 where it is not simpler. */
  fewerLines: z.number().int(),
  /** What part of the usual margin an equal version may be worse: halves with every version kept as simpler. */
  marginShare: z.number().positive(),
  noise: z.number().nonnegative().exactOptional(),
});
export type OpenGate = z.infer<typeof openGateSchema>;

const strictLevelShare = 1 / 4;
const strictLeastPairs = 5;
/** Spread of the differences, and margin, as a share of the parent's value, where no noise is known. */
const shareOfValue = 0.001;
/** Part of the noise by which an equal and simpler version may be worse. */
const marginInNoise = 0.5;
/** How optimistic the outlook is: the upper end of a one-sided interval of this confidence for the mean. */
const optimism = 0.9;
/** Pairs that settle it where every run reproduces exactly. */
const reproducingPairs = 3;

/**
 * Begins the test of one version.
 *
 * @param tries of the study so far
 * @returns the test, and the study's tries with it
 */
export function openGate(tries: Tries, options: GateOptions): { readonly gate: OpenGate; readonly tries: Tries } {
  const { confidence, lines, noise, maxPairs, strict = false } = options;
  const level = nextLevel(tries, confidence) * (strict ? strictLevelShare : 1);
  const gate: OpenGate = {
    level,
    leastPairs: strict ? Math.max(strictLeastPairs, leastCount(level)) : leastCount(level),
    maxPairs,
    fewerLines: lines.parent - lines.candidate,
    // Every simplification may cost a little; all of them together no more than two margins.
    marginShare: 2 ** -tries.simplified,
    ...(noise === undefined ? {} : { noise }),
  };
  return { gate, tries: { ...tries, begun: tries.begun + 1 } };
}

/** The study's tries after a verdict; a flagged version that passed counts as well, whatever the person decides. */
export function closeGate(tries: Tries, decision: GateDecision): Tries {
  if (decision.kind === "keep") return { ...tries, kept: tries.kept + 1 };
  return decision.kind === "keep_simpler" ? { ...tries, simplified: tries.simplified + 1 } : tries;
}

/** The fewest pairs that can show a gain if the test began now. */
export function leastPairs(tries: Tries, options: Pick<GateOptions, "confidence" | "noise" | "strict">): number {
  if (options.noise === 0) return reproducingPairs;
  return openGate(tries, { ...options, lines: { candidate: 0, parent: 0 }, maxPairs: 0 }).gate.leastPairs;
}

/** What the pairs so far say. */
export function decide(pairs: readonly Pair[], gate: OpenGate): GateDecision {
  const failures = failureVerdict(pairs);
  if (failures !== undefined) return failures;
  const measured = pairs.filter(({ candidate, parent }) => Number.isFinite(candidate) && Number.isFinite(parent));
  const left = gate.maxPairs - pairs.length;
  const exact = exactVerdict(measured, gate, left);
  if (exact !== undefined) return exact;

  const seen = summary(measured, gate);
  const evidence = logEvidence(seen);
  const needed = -Math.log(gate.level);
  if (evidence >= needed && seen.count >= gate.leastPairs) {
    const gain = gainOf(seen);
    if (gain !== undefined) return { kind: "keep", gain, reason: `${better(gain)}: evidence ${odds(evidence)} to 1.` };
  }
  const soFar = `${pairCount(pairs.length)}: evidence ${odds(evidence)} to 1 of the ${odds(needed)} to 1 needed`;
  if (left > 0 && canStillShow(seen, needed, left, gate)) return { kind: "more", reason: `${soFar}.` };

  if (gate.fewerLines > 0 && measured.length > 0) {
    const margin = marginOf(measured, gate);
    if (left > 0 && lowerBound(seen, seen.count + left) > -margin) {
      const open = `no gain is to be expected, but it has ${lineCount(gate.fewerLines)} fewer and may be equal`;
      return { kind: "more", reason: `${pairCount(pairs.length)}: ${open}.` };
    }
    // Looked at once, with the last pair: an interval for one fixed number of pairs is enough.
    const low = left > 0 ? Number.NEGATIVE_INFINITY : lowerBound(seen, seen.count);
    const gain = gainOf(seen);
    if (low > -margin && gain !== undefined) return { kind: "keep_simpler", gain, reason: simpler(gate, -low, margin) };
  }
  return rejected(seen, pairs.length, gate, left > 0 ? "no gain is to be expected from more" : soFar);
}

/** One that fails where its parent does not is out; where the parent fails as often, failures say nothing. */
function failureVerdict(pairs: readonly Pair[]): GateDecision | undefined {
  const candidate = pairs.filter((pair) => !Number.isFinite(pair.candidate)).length;
  const parent = pairs.filter((pair) => !Number.isFinite(pair.parent)).length;
  if (candidate <= parent) return undefined;
  const counts = `failed in ${candidate} of ${pairCount(pairs.length)}, its parent in ${parent}`;
  return { kind: "reject", failed: true, reason: `The candidate ${counts}.` };
}

/**
 * Where repeats are known to reproduce exactly (a noise of zero) and so do these runs, more pairs say nothing new: the
 * difference is what it is, and counts when it is more than a thousandth of the value. Three pairs are asked for, since
 * a coarse metric can repeat itself by chance. That the seed changes nothing does not mean that luck plays no part: an
 * edit may draw other random numbers. Pairs cannot tell; the reason says so.
 */
function exactVerdict(measured: readonly Pair[], gate: OpenGate, left: number): GateDecision | undefined {
  if (gate.noise !== 0) return undefined;
  const [first] = measured;
  if (first === undefined) {
    return left < reproducingPairs ? undefined : { kind: "more", reason: "No pair has run yet." };
  }
  if (measured.some(({ candidate, parent }) => candidate !== first.candidate || parent !== first.parent)) {
    return undefined;
  }
  const count = measured.length;
  const mean = first.parent - first.candidate;
  const gain: Gain = { mean, low: mean, high: mean, pairs: count };
  const margin = shareOfValue * Math.abs(first.parent);
  if (mean < -margin) return { kind: "reject", failed: false, reason: `Worse by ${short(-mean)}; repeats are exact.` };
  if (count < reproducingPairs) {
    if (count + left < reproducingPairs) return undefined;
    return { kind: "more", reason: `${pairCount(count)} of the ${reproducingPairs} that show whether runs reproduce.` };
  }
  const exactly = `all ${count} pairs reproduce exactly, whatever the seed`;
  if (mean > margin) {
    const doubt = "whether it is more than other random numbers, repeats cannot tell";
    return { kind: "keep", gain, reason: `Better by ${short(mean)}: ${exactly}; ${doubt}.` };
  }
  const allowed = margin * gate.marginShare;
  if (gate.fewerLines > 0 && mean >= -allowed) {
    return { kind: "keep_simpler", gain, reason: simpler(gate, -mean, allowed) };
  }
  return { kind: "reject", failed: false, gain, reason: `No gain beyond ${short(margin)}: ${exactly}.` };
}

/**
 * Mean improvement and its spread. Few differences can agree by chance, more so where the metric is coarse or its noise
 * is skewed, so the spread is never taken as less than that of single runs, see {@link floorOf}. The floor only ever
 * weakens the evidence for a gain.
 */
function summary(measured: readonly Pair[], gate: OpenGate): Differences {
  const count = measured.length;
  if (count === 0) return { count: 0, mean: 0, deviation: 0 };
  const differences = measured.map(({ candidate, parent }) => parent - candidate);
  const mean = average(differences);
  return { count, mean, deviation: Math.max(deviationFrom(mean, differences), floorOf(measured, gate)) };
}

/** Undefined while the interval would be unbounded: with fewer than three pairs. */
function gainOf(seen: Differences): Gain | undefined {
  const half = halfWidth(seen, 0.05);
  if (!Number.isFinite(half)) return undefined;
  return { mean: seen.mean, low: seen.mean - half, high: seen.mean + half, pairs: seen.count };
}

/**
 * The larger of the study's noise and the parent's own spread over these seeds, and a thousandth of the value where
 * neither is above zero. (Differences of independent runs spread 1.4 times as much as runs; less where a shared seed
 * makes both runs lucky together.)
 */
function floorOf(measured: readonly Pair[], { noise = 0 }: OpenGate): number {
  const values = measured.map(({ parent }) => parent);
  const floor = Math.max(noise, deviationFrom(average(values), values));
  return floor > 0 ? floor : shareOfValue * average(values.map(Math.abs));
}

/** How much worse an equal version may be: half the noise where it is known, otherwise a thousandth of the value. */
function marginOf(measured: readonly Pair[], { noise = 0, marginShare }: OpenGate): number {
  const usual =
    noise > 0 ? marginInNoise * noise : shareOfValue * average(measured.map(({ parent }) => Math.abs(parent)));
  return usual * marginShare;
}

/**
 * Whether a gain could still be shown if the mean lay at the upper end of what is plausible and the pairs that are left
 * turned out like that. Giving up when it could not costs power at most: it never lets a version pass.
 */
function canStillShow(seen: Differences, needed: number, left: number, { noise, leastPairs }: OpenGate): boolean {
  const { count, mean, deviation } = seen;
  const final = count + left;
  if (final < leastPairs) return false;
  if (count === 0) return true;
  // One difference has no spread of its own: that of two independent runs, where the noise is known.
  if (count === 1 && !(noise !== undefined && noise > 0)) return true;
  const spread = count === 1 ? Math.SQRT2 * (noise ?? 0) : deviation;
  const quantile = studentQuantile(optimism, count === 1 ? 30 : count - 1);
  const upper = mean + (quantile * spread) / Math.sqrt(count);
  const outlook = (count * mean + left * upper) / final;
  return logEvidence({ count: final, mean: outlook, deviation: spread }) >= needed;
}

/** Lower end of the one-sided 95 % t interval that `final` differences like these would give. */
function lowerBound({ count, mean, deviation }: Differences, final: number): number {
  if (final < 2 || count === 0) return Number.NEGATIVE_INFINITY;
  return mean - (studentQuantile(0.95, final - 1) * deviation) / Math.sqrt(final);
}

function rejected(seen: Differences, pairs: number, gate: OpenGate, why: string): GateDecision {
  if (gate.maxPairs < gate.leastPairs) {
    const reason = `There is budget for ${pairCount(gate.maxPairs)}; a gain shows in ${gate.leastPairs} at the least.`;
    return { kind: "reject", failed: false, reason };
  }
  if (seen.count === 0) return { kind: "reject", failed: false, reason: `No pair of ${pairs} could be compared.` };
  const gain = gainOf(seen);
  const mean = `${seen.mean >= 0 ? "better" : "worse"} by ${short(Math.abs(seen.mean))} on average of ${pairCount(pairs)}`;
  const reason = `No gain shown: ${mean}, ${why}.`;
  return { kind: "reject", failed: false, reason, ...(gain === undefined ? {} : { gain }) };
}

function better({ mean, low, high, pairs }: Gain): string {
  return `Better by ${short(mean)} (95 % interval ${short(low)} to ${short(high)}) in ${pairCount(pairs)}`;
}

function simpler(gate: OpenGate, worse: number, margin: number): string {
  const most = worse <= 0 ? "not worse" : `at most ${short(worse)} worse, of ${short(margin)} allowed`;
  return `Equal and simpler: ${most}, with ${lineCount(gate.fewerLines)} fewer.`;
}

function odds(logarithm: number): string {
  return short(Math.exp(logarithm), logarithm > Math.log(10) ? 3 : 2);
}

function pairCount(count: number): string {
  return count === 1 ? "1 pair" : `${count} pairs`;
}

function lineCount(count: number): string {
  return count === 1 ? "1 line" : `${count} lines`;
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Standard deviation of values with this mean; 0 of a single one. */
function deviationFrom(mean: number, values: readonly number[]): number {
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / Math.max(1, values.length - 1));
}
