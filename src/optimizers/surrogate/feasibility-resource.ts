import { Cholesky } from "../../math/cholesky.js";
import { normalCdf } from "../../math/normal-distribution.js";

/** What is known of the use of one resource by one trial. */
export type ResourceUse =
  /** The trial needed this much: natural logarithm, any unit. */
  | { readonly kind: "needed"; readonly logUse: number }
  /**
   * The trial ended because it needed more than there is; where known, the most it had in use by then, and what it
   * would have needed in the end.
   */
  | { readonly kind: "exceeded"; readonly logUse: number | undefined; readonly logNeed: number | undefined }
  | { readonly kind: "unknown" };

/** With fewer measured trials nothing is predicted. */
const FEWEST_MEASURED = 5;
/** Ridge penalties that are tried: variance of the noise over that of the coefficients' prior. */
const PENALTIES = [0.1, 1, 10, 100] as const;
/** What the spread around the plane is before any trial (in logarithms), and how many trials that counts as. */
const PRIOR_SPREAD = 0.1;
const PRIOR_TRIALS = 2;
/** Rounds of expectation and maximisation: what the failed trials needed, and the plane that says so. */
const ROUNDS = 4;
/** Limits that are considered, evenly spaced in logarithm. */
const LIMITS = 24;
/** How far the limit may lie above everything seen: a factor of e. */
const BEYOND = 1;
/** 1.702 x is the logistic curve nearest to the normal one; its tails forgive a plane that is not quite right. */
const PROBIT_TO_LOGIT = 1.702;

/** One penalty. */
interface Ridge {
  readonly factor: Cholesky;
  /** By row: the share of itself in its own prediction. */
  readonly leverage: Float64Array;
}

interface Plane extends Ridge {
  /** Of the standardised features; the last one is the intercept. */
  readonly coefficients: Float64Array;
  /** Of one trial around the plane, in logarithms. */
  readonly variance: number;
  /** By row: what the others predict for it. */
  readonly leftOut: Float64Array;
  /** Log density of what was measured, each as the others predict it. */
  readonly score: number;
}

/**
 * Learns a limit of a resource, such as memory, from how much of it the trials used, instead of from failures alone:
 * every trial that ended well shows how far it stayed below. The logarithm of the use is linear in the features
 * (Bayesian linear regression; sizes multiply); trials that exceeded the limit are censored observations, of which
 * only "more than that" is known (Tobin 1958, by expectation and maximisation). The limit itself is unknown: it lies
 * above the largest use that ended well, and where it lies is averaged over, weighted by how well it explains which
 * trials failed.
 */
export class ResourceLimit {
  private constructor(
    private readonly plane: Plane,
    private readonly limits: Float64Array,
    private readonly weights: Float64Array,
    /** Probabilities of the fitted rows, each as if it had been left out. */
    readonly leftOut: Float64Array,
  ) {}

  /**
   * @param rows standardised features, n x d
   * @param uses one each
   * @param known logarithm of the limit, where it is known
   * @returns undefined with too few measured trials
   */
  static fit(
    rows: readonly Float64Array[],
    uses: readonly ResourceUse[],
    known: number | undefined,
  ): ResourceLimit | undefined {
    const needed = uses.flatMap((use) => (use.kind === "needed" ? [use.logUse] : []));
    if (needed.length < FEWEST_MEASURED) return undefined;
    const regression = new CensoredRegression(rows, uses);
    const highest = needed.reduce((a, b) => Math.max(a, b));
    let plane = regression.plane(highest);
    let posterior = posteriorOfLimit(plane, uses, needed, known);
    for (let round = 1; round < ROUNDS && regression.censored > 0; round++) {
      let mean = 0;
      for (let k = 0; k < LIMITS; k++) mean += posterior.weights[k]! * posterior.limits[k]!;
      plane = regression.plane(mean);
      posterior = posteriorOfLimit(plane, uses, needed, known);
    }
    const { limits, weights } = posterior;
    const limit = new ResourceLimit(plane, limits, weights, new Float64Array(rows.length));
    limit.leaveOut(rows, uses, needed);
    return limit;
  }

  /** Probability in (0, 1) that a trial with these features exceeds the limit. */
  probability(row: Float64Array): number {
    const { coefficients, factor, variance } = this.plane;
    const design = designOf(row);
    let mean = 0;
    for (let f = 0; f < design.length; f++) mean += coefficients[f]! * design[f]!;
    factor.solveLower(design);
    let leverage = 0;
    for (const z of design) leverage += z * z;
    return this.exceeds(mean, Math.sqrt(variance * (1 + leverage)), 0);
  }

  private exceeds(mean: number, deviation: number, shift: number): number {
    let sum = 0;
    for (let k = 0; k < LIMITS; k++) sum += this.weights[k]! * beyond(mean, this.limits[k]! + shift, deviation);
    return inside(sum);
  }

  private leaveOut(rows: readonly Float64Array[], uses: readonly ResourceUse[], needed: readonly number[]): void {
    const { plane, limits, weights, leftOut } = this;
    const [highest = 0, second = highest] = [...needed].sort((a, b) => b - a);
    for (let i = 0; i < rows.length; i++) {
      const use = uses[i]!;
      if (use.kind === "unknown") {
        leftOut[i] = this.probability(rows[i]!);
        continue;
      }
      const mean = plane.leftOut[i]!;
      const deviation = leftOutDeviation(plane, i);
      if (use.kind === "needed") {
        // Without the largest use the limit could lie as far down as the second largest.
        leftOut[i] = this.exceeds(mean, deviation, use.logUse === highest ? second - highest : 0);
        continue;
      }
      // Without its own part in the weights of the limits.
      let sum = 0;
      for (let k = 0; k < LIMITS; k++) sum += weights[k]! / Math.max(1e-6, beyond(mean, limits[k]!, deviation));
      let probability = 0;
      for (let k = 0; k < LIMITS; k++) {
        const p = beyond(mean, limits[k]!, deviation);
        probability += ((weights[k]! / Math.max(1e-6, p)) * p) / sum;
      }
      leftOut[i] = inside(probability);
    }
  }
}

/** Ridge regression of which some targets are only known to lie above a bound. */
class CensoredRegression {
  readonly censored: number;
  private readonly designs: readonly Float64Array[];
  private readonly rows: readonly number[];
  private readonly targets: Float64Array;
  /** Variance that is left of a target, in squared logarithms: 0 where it was measured. */
  private readonly uncertainty: Float64Array;
  private readonly ridges: readonly Ridge[];
  private readonly size: number;
  private readonly centre: number;
  private previous: Plane | undefined;

  constructor(
    rows: readonly Float64Array[],
    private readonly uses: readonly ResourceUse[],
  ) {
    this.designs = rows.map(designOf);
    this.rows = uses.flatMap((use, i) => (use.kind === "unknown" ? [] : [i]));
    this.censored = uses.filter(({ kind }) => kind === "exceeded").length;
    this.size = this.designs[0]!.length;
    this.targets = new Float64Array(rows.length);
    this.uncertainty = new Float64Array(rows.length);
    const measured = uses.flatMap((use) => (use.kind === "needed" ? [use.logUse] : []));
    this.centre = measured.reduce((a, b) => a + b, 0) / measured.length;
    const gram = gramOf(this.rows.map((i) => this.designs[i]!));
    this.ridges = PENALTIES.map((penalty) => this.ridge(gram, penalty));
  }

  /** The plane with the best left-out score, for a limit at `limit`. */
  plane(limit: number): Plane {
    for (const i of this.rows) this.impute(i, limit);
    let best: Plane | undefined;
    for (const ridge of this.ridges) {
      const plane = this.solve(ridge);
      if (best === undefined || plane.score > best.score) best = plane;
    }
    this.previous = best;
    return best!;
  }

  /** Mean and variance of what a trial needed, given the plane so far and that it exceeded the limit. */
  private impute(i: number, limit: number): void {
    const use = this.uses[i]!;
    if (use.kind === "needed") {
      this.targets[i] = use.logUse - this.centre;
      return;
    }
    if (use.kind === "unknown") return;
    if (use.logNeed !== undefined) {
      this.targets[i] = use.logNeed - this.centre;
      return;
    }
    const bound = Math.max(limit, use.logUse ?? -Infinity) - this.centre;
    if (this.previous === undefined) {
      this.targets[i] = bound + PRIOR_SPREAD;
      return;
    }
    const { leftOut } = this.previous;
    const deviation = leftOutDeviation(this.previous, i);
    const mean = leftOut[i]! - this.centre;
    const { gain, shrink } = truncated((bound - mean) / deviation);
    this.targets[i] = mean + deviation * gain;
    this.uncertainty[i] = this.previous.variance * shrink;
  }

  /** What depends on the designs alone, and not on what the failed trials are thought to have needed. */
  private ridge(gram: Float64Array, penalty: number): Ridge {
    const { size, designs } = this;
    const matrix = Float64Array.from(gram);
    // The intercept is free: the targets are centred, not known.
    for (let f = 0; f < size; f++) matrix[f * size + f]! += f === size - 1 ? 1e-3 : penalty;
    const factor = Cholesky.withJitter(matrix, size);
    const leverage = new Float64Array(designs.length);
    const solved = new Float64Array(size);
    for (const i of this.rows) {
      solved.set(designs[i]!);
      factor.solveLower(solved);
      let own = 0;
      for (const z of solved) own += z * z;
      leverage[i] = Math.min(own, 0.999);
    }
    return { factor, leverage };
  }

  private solve({ factor, leverage }: Ridge): Plane {
    const { size, designs, targets } = this;
    const coefficients = new Float64Array(size);
    for (const i of this.rows) {
      const design = designs[i]!;
      const target = targets[i]!;
      for (let f = 0; f < size; f++) coefficients[f]! += design[f]! * target;
    }
    factor.solve(coefficients);
    const leftOut = new Float64Array(designs.length);
    let squares = PRIOR_TRIALS * PRIOR_SPREAD ** 2;
    for (const i of this.rows) {
      const design = designs[i]!;
      let linear = 0;
      for (let f = 0; f < size; f++) linear += coefficients[f]! * design[f]!;
      const residual = (targets[i]! - linear) / (1 - leverage[i]!);
      leftOut[i] = targets[i]! - residual + this.centre;
      squares += residual * residual * (1 - leverage[i]!) + this.uncertainty[i]!;
    }
    const variance = squares / (this.rows.length + PRIOR_TRIALS);
    let score = 0;
    for (const i of this.rows) {
      if (this.uses[i]!.kind !== "needed") continue;
      const spread = variance / (1 - leverage[i]!);
      score -= 0.5 * (Math.log(spread) + (targets[i]! + this.centre - leftOut[i]!) ** 2 / spread);
    }
    coefficients[size - 1]! += this.centre;
    return { coefficients, factor, variance, leftOut, leverage, score };
  }
}

/** Lower triangle of X^T X, flat and row-major. */
function gramOf(designs: readonly Float64Array[]): Float64Array {
  const size = designs[0]?.length ?? 0;
  const gram = new Float64Array(size * size);
  for (const design of designs) {
    for (let f = 0; f < size; f++) {
      const x = design[f]!;
      const row = f * size;
      for (let g = 0; g <= f; g++) gram[row + g] = gram[row + g]! + x * design[g]!;
    }
  }
  return gram;
}

/**
 * Where the limit may lie, and how probable that is. Before any failure it is equally likely anywhere above the
 * largest use that ended well; by half it is thought to lie below the smallest use of a failed trial above that, for
 * some of them are ended when they pass the limit, and others when they ask for what they do not get.
 */
function posteriorOfLimit(
  plane: Plane,
  uses: readonly ResourceUse[],
  needed: readonly number[],
  known: number | undefined,
): { readonly limits: Float64Array; readonly weights: Float64Array } {
  const lowest = needed.reduce((a, b) => Math.max(a, b));
  let highest = lowest;
  let passed = Infinity;
  uses.forEach((use, i) => {
    if (use.kind !== "exceeded") return;
    highest = Math.max(highest, plane.leftOut[i]!, use.logUse ?? -Infinity);
    if (use.logUse !== undefined && use.logUse > lowest) passed = Math.min(passed, use.logUse);
  });
  // What ended well used less than what is said to be the limit, or the limit is another one.
  highest = known === undefined || known < lowest ? highest + BEYOND : known;
  const step = (highest - lowest) / (LIMITS - 1);
  const limits = Float64Array.from({ length: LIMITS }, (_, k) => lowest + k * step);
  const below = limits.reduce((count, limit) => count + (limit <= passed ? 1 : 0), 0);
  const logWeights = limits.map((limit, k) => {
    const prior = 0.5 / LIMITS + (limit <= passed ? 0.5 / below : 0);
    // A limit that is known is there, or a little below: some of it is not to be had.
    return Math.log(known === undefined ? prior : k === LIMITS - 1 ? 0.5 : 0.5 / LIMITS);
  });
  uses.forEach((use, i) => {
    if (use.kind !== "exceeded") return;
    const deviation = leftOutDeviation(plane, i);
    for (let k = 0; k < LIMITS; k++) {
      logWeights[k]! += Math.log(Math.max(1e-6, beyond(plane.leftOut[i]!, limits[k]!, deviation)));
    }
  });
  const most = logWeights.reduce((a, b) => Math.max(a, b));
  const weights = logWeights.map((w) => Math.exp(w - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return { limits, weights: weights.map((w) => w / sum) };
}

function leftOutDeviation({ variance, leverage }: Plane, i: number): number {
  return Math.sqrt(variance / (1 - leverage[i]!));
}

function designOf(row: Float64Array): Float64Array {
  const design = new Float64Array(row.length + 1);
  design.set(row);
  design[row.length] = 1;
  return design;
}

function beyond(mean: number, limit: number, deviation: number): number {
  return 1 / (1 + Math.exp((PROBIT_TO_LOGIT * (limit - mean)) / deviation));
}

function inside(probability: number): number {
  return Math.min(1 - 1e-6, Math.max(1e-6, probability));
}

/**
 * Mean and variance of a standard normal variable that is known to exceed `bound`, by the inverse Mills ratio in
 * Laplace's form for large bounds.
 */
function truncated(bound: number): { readonly gain: number; readonly shrink: number } {
  const density = Math.exp(-0.5 * bound * bound) / Math.sqrt(2 * Math.PI);
  const gain = bound > 6 ? bound + 1 / bound : density / normalCdf(-bound);
  return { gain, shrink: Math.max(0, Math.min(1, 1 - gain * (gain - bound))) };
}
