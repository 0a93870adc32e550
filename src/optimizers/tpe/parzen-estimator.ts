import type { RandomStream } from "../../math/random.js";
import { type Axis, cellAt } from "./axis.js";
import { bandwidth, choiceKernel } from "./bandwidth.js";
import { tabulatedNormalCdf } from "./normal-table.js";

const sqrt2Pi = Math.sqrt(2 * Math.PI);
/** Mass below which a kernel counts as this improbable in a cell: the table of the normal knows no smaller. */
const leastMass = 1e-9;
/** Cells narrower than this many standard deviations of a kernel are integrated by the midpoint, exact to 1e-4. */
const fineCell = 0.5;
/** So many factors, each at least a third and at most 1, are multiplied before a logarithm is taken of them. */
const factorsInProduct = 64;
/** Terms this far below the largest one add nothing to a sum of exponentials. */
const negligible = -30;
/** Kernels whose terms are summed before it is asked whether the sum says enough. */
const blockSize = 16;
/** A kernel that stands inside the range hits it with every third draw at least. */
const mostDraws = 64;

interface Kernels {
  /** Index in a vector of coordinates. */
  readonly at: number;
  readonly axis: Axis;
  /** Centre of each kernel: a position, or the index of a choice; not a number where the parameter is inactive. */
  readonly centers: Float64Array;
  /** Coordinate of each centre: the index of a cell or a choice; empty for a continuous parameter. */
  readonly cells: Int32Array;
  /** Whether some centre is missing. */
  readonly gaps: boolean;
  /** Standard deviation of all kernels of a numeric parameter. */
  readonly deviation: number;
  /** Logarithm of what each kernel is divided by, kept only where a point can be without the parameter. */
  readonly logNorms: Float64Array | undefined;
  /** Logarithm of a kernel's mass: of the centre's choice and of each other. Zero for numeric parameters. */
  readonly hit: number;
  readonly miss: number;
  /** By cell of a point, then by cell of a kernel: logarithm of the mass, filled in when first needed. */
  readonly masses: (Float64Array | undefined)[];
}

export interface ParzenSettings {
  /** One for each row. */
  readonly weights: Float64Array;
  /** Weight of the component that is uniform over the range. */
  readonly priorWeight: number;
  /** Standard deviation of the narrowest kernels, as a share of the range. */
  readonly narrowest: number;
  /** Standard deviations of kernels that are given, by name of the parameter, as a share of the range. */
  readonly deviations?: Readonly<Record<string, number>>;
}

/**
 * A density over some axes: a mixture of one product kernel for each observation and one uniform component over
 * the whole range, the prior (Bergstra et al. 2011; as products of all axes, Falkner et al. 2018). The factors of a
 * kernel are normal distributions truncated to the range, their masses in cells where a parameter is discrete, and
 * Aitchison-Aitken kernels for choices. Where an observation was without a parameter its factor is uniform, so that
 * it says nothing about it.
 */
export class ParzenEstimator {
  /** Cumulative weights, the last of them 1; the prior's component comes last. */
  private readonly cumulative: Float64Array;
  /** Logarithm of weight over the norms of all axes that every point has. */
  private readonly base: Float64Array;
  private readonly logPrior: number;
  private readonly kernels: readonly Kernels[];
  private readonly terms: Float64Array;
  private readonly count: number;

  /**
   * @param over which of the axes the density is over
   * @param rows coordinates of observations, one for each of all axes
   */
  constructor(axes: readonly Axis[], over: readonly number[], rows: readonly Float64Array[], settings: ParzenSettings) {
    const { weights, priorWeight } = settings;
    const n = rows.length;
    this.count = n;
    this.terms = new Float64Array(n);
    this.cumulative = new Float64Array(n + 1);
    let total = 0;
    for (let k = 0; k < n; k++) {
      total += weights[k]!;
      this.cumulative[k] = total;
    }
    total += priorWeight;
    this.logPrior = Math.log(priorWeight / total);
    this.base = new Float64Array(n);
    for (let k = 0; k < n; k++) {
      this.base[k] = Math.log(weights[k]! / total);
      this.cumulative[k] = this.cumulative[k]! / total;
    }
    this.cumulative[n] = 1;
    this.kernels = over.map((at) => kernelsOf(axes[at]!, at, rows, settings));
    this.addNorms();
  }

  /** Draws one point and writes its coordinates where they belong. */
  sample(random: RandomStream, into: Float64Array): void {
    const u = random.uniform();
    let component = 0;
    while (component < this.count && u >= this.cumulative[component]!) component++;
    for (const kernels of this.kernels) into[kernels.at] = drawCoordinate(kernels, component, random);
  }

  /**
   * Logarithm of the density at a point: with respect to the encoded range for continuous parameters, to single
   * values for discrete ones. Parameters whose coordinate is not a number are integrated out.
   *
   * @param enough when the kernels summed so far show that the result is larger, the rest is left out, and the result
   *   is one between this and the true one. Soonest where the first rows are the ones near the point.
   */
  logDensity(point: Float64Array, enough = Number.POSITIVE_INFINITY): number {
    const { terms, count, kernels } = this;
    let largest = this.logPrior;
    for (const { at, axis } of kernels) if (!Number.isNaN(point[at]!)) largest += logEven(axis, point[at]!);
    /** Of the exponentials of terms, over that of the largest so far; the prior's is the first. */
    let sum = 1;
    if (largest > enough) return largest;
    terms.set(this.base);
    for (let from = 0; from < count; from += blockSize) {
      const to = Math.min(count, from + blockSize);
      for (const each of kernels) {
        const x = point[each.at]!;
        if (!Number.isNaN(x)) addLogFactors(each, x, terms, from, to);
      }
      const before = largest;
      for (let k = from; k < to; k++) if (terms[k]! > largest) largest = terms[k]!;
      if (largest > before) sum *= Math.exp(before - largest);
      for (let k = from; k < to; k++) {
        const below = terms[k]! - largest;
        if (below > negligible) sum += Math.exp(below);
      }
      if (largest + Math.log(sum) > enough) break;
    }
    return largest + Math.log(sum);
  }

  /**
   * Probabilities of one axis, all others integrated out.
   *
   * @param at index of the axis among all axes; one that the density is over
   * @param edges of the parts of [0, 1] whose probabilities are wanted, both ends included. Choices have a part of
   *   the same width each.
   */
  marginal(at: number, edges: Float64Array): Float64Array {
    const kernels = this.kernels.find((each) => each.at === at);
    if (!kernels) throw new RangeError(`The density is not over axis ${at}.`);
    const { axis, centers, deviation, hit, miss } = kernels;
    const probabilities = new Float64Array(edges.length - 1);
    for (let k = 0; k <= this.count; k++) {
      const weight = this.cumulative[k]! - (k === 0 ? 0 : this.cumulative[k - 1]!);
      const center = k < this.count ? centers[k]! : Number.NaN;
      if (Number.isNaN(center)) {
        for (let c = 0; c < probabilities.length; c++) probabilities[c]! += weight * (edges[c + 1]! - edges[c]!);
      } else if (axis.kind === "choice") {
        for (let c = 0; c < probabilities.length; c++) {
          probabilities[c]! += weight * Math.exp(c === center ? hit : miss);
        }
      } else {
        const share = weight / massInRange(center, deviation);
        let below = tabulatedNormalCdf(-center / deviation);
        for (let c = 0; c < probabilities.length; c++) {
          const next = tabulatedNormalCdf((edges[c + 1]! - center) / deviation);
          probabilities[c]! += share * (next - below);
          below = next;
        }
      }
    }
    return probabilities;
  }

  /** Kernels of axes that every point has are divided by their norm once; so much is saved for every point. */
  private addNorms(): void {
    const products = new Float64Array(this.count).fill(1);
    let factors = 0;
    let logScale = 0;
    const flush = (): void => {
      for (let k = 0; k < this.count; k++) this.base[k]! -= Math.log(products[k]!);
      products.fill(1);
      factors = 0;
    };
    for (const { axis, centers, deviation, logNorms } of this.kernels) {
      if (axis.kind === "choice" || logNorms) continue;
      if (axis.kind === "continuous") logScale += Math.log(deviation * sqrt2Pi);
      for (let k = 0; k < this.count; k++) products[k]! *= massInRange(centers[k]!, deviation);
      if (++factors === factorsInProduct) flush();
    }
    flush();
    for (let k = 0; k < this.count; k++) this.base[k]! -= logScale;
  }
}

function kernelsOf(
  axis: Axis,
  at: number,
  rows: readonly Float64Array[],
  { weights, narrowest, deviations }: ParzenSettings,
): Kernels {
  const n = rows.length;
  const centers = new Float64Array(n);
  const cells = new Int32Array(axis.kind === "continuous" ? 0 : n);
  let active = 0;
  for (let k = 0; k < n; k++) {
    const coordinate = rows[k]![at]!;
    if (Number.isNaN(coordinate)) centers[k] = Number.NaN;
    else {
      active++;
      if (axis.kind === "continuous") centers[k] = coordinate;
      else {
        cells[k] = coordinate;
        centers[k] = axis.kind === "grid" ? axis.grid[coordinate]! : coordinate;
      }
    }
  }
  const gaps = active < n;
  if (axis.kind === "choice") {
    const { hit, miss } = choiceKernel(axis.count, active);
    return {
      ...{ at, axis, centers, cells, gaps, deviation: 0, logNorms: undefined },
      ...{ hit: Math.log(hit), miss: Math.log(miss), masses: [] },
    };
  }
  const deviation = Math.min(1, deviations?.[axis.name] ?? bandwidth(centers, weights, narrowest));
  let logNorms: Float64Array | undefined;
  if (gaps || axis.conditional) {
    const scale = axis.kind === "continuous" ? deviation * sqrt2Pi : 1;
    logNorms = centers.map((center) => (Number.isNaN(center) ? 0 : Math.log(scale * massInRange(center, deviation))));
  }
  return { at, axis, centers, cells, gaps, deviation, logNorms, hit: 0, miss: 0, masses: [] };
}

/** Logarithm of the prior's factor at a coordinate. */
function logEven(axis: Axis, x: number): number {
  if (axis.kind === "continuous") return 0;
  return axis.kind === "choice" ? -Math.log(axis.count) : Math.log(axis.edges[x + 1]! - axis.edges[x]!);
}

/** Adds the factors of kernels `from` to before `to` at a coordinate. */
function addLogFactors(kernels: Kernels, x: number, terms: Float64Array, from: number, to: number): void {
  const { axis, centers, cells, gaps, deviation, logNorms } = kernels;
  if (axis.kind === "continuous") {
    const scale = Math.SQRT1_2 / deviation;
    if (logNorms) {
      for (let k = from; k < to; k++) {
        const z = (x - centers[k]!) * scale;
        if (!Number.isNaN(z)) terms[k]! -= z * z + logNorms[k]!;
      }
    } else {
      for (let k = from; k < to; k++) {
        const z = (x - centers[k]!) * scale;
        terms[k]! -= z * z;
      }
    }
  } else if (axis.kind === "choice") {
    const { hit, miss } = kernels;
    const even = gaps ? logEven(axis, x) : 0;
    for (let k = from; k < to; k++) {
      terms[k]! += gaps && Number.isNaN(centers[k]!) ? even : cells[k] === x ? hit : miss;
    }
  } else addLogMasses(kernels, axis.edges, x, terms, from, to);
}

/** Adds the factors of a cell: the mass that each kernel has there. */
function addLogMasses(
  kernels: Kernels,
  edges: Float64Array,
  cell: number,
  terms: Float64Array,
  from: number,
  to: number,
): void {
  const { axis, centers, cells, gaps, deviation, logNorms } = kernels;
  const low = edges[cell]!;
  const high = edges[cell + 1]!;
  const even = gaps ? logEven(axis, cell) : 0;
  const width = (high - low) / deviation;
  if (width < fineCell) {
    // Midpoint rule with its second-order term, in logarithms: density * width * (1 + width^2 (z^2 - 1) / 24).
    const offset = Math.log(width / sqrt2Pi) - (width * width) / 24;
    const curvature = (0.5 - (width * width) / 24) / (deviation * deviation);
    const middle = (low + high) / 2;
    for (let k = from; k < to; k++) {
      const distance = middle - centers[k]!;
      const factor = offset - curvature * distance * distance - (logNorms ? logNorms[k]! : 0);
      terms[k]! += gaps && Number.isNaN(factor) ? even : factor;
    }
    return;
  }
  kernels.masses[cell] ??= new Float64Array(edges.length - 1).fill(Number.NaN);
  const masses = kernels.masses[cell];
  for (let k = from; k < to; k++) {
    if (gaps && Number.isNaN(centers[k]!)) {
      terms[k]! += even;
      continue;
    }
    let mass = masses[cells[k]!]!;
    if (Number.isNaN(mass)) {
      mass = Math.log(Math.max(leastMass, massBetween(low, high, centers[k]!, deviation)));
      masses[cells[k]!] = mass;
    }
    terms[k]! += logNorms ? mass - logNorms[k]! : mass;
  }
}

function drawCoordinate(kernels: Kernels, component: number, random: RandomStream): number {
  const { axis, centers, cells, deviation } = kernels;
  const center = component < centers.length ? centers[component]! : Number.NaN;
  if (axis.kind === "choice") {
    if (Number.isNaN(center)) return random.integer(axis.count);
    if (axis.count === 1 || random.uniform() < Math.exp(kernels.hit)) return cells[component]!;
    return (cells[component]! + 1 + random.integer(axis.count - 1)) % axis.count;
  }
  const position = Number.isNaN(center) ? random.uniform() : truncatedNormal(center, deviation, random);
  return axis.kind === "grid" ? cellAt(axis.edges, position) : position;
}

function truncatedNormal(center: number, deviation: number, random: RandomStream): number {
  for (let draw = 0; draw < mostDraws; draw++) {
    const x = center + deviation * random.normal();
    if (x >= 0 && x <= 1) return x;
  }
  return center;
}

/** Mass of a normal distribution between two positions. */
function massBetween(from: number, to: number, center: number, deviation: number): number {
  return tabulatedNormalCdf((to - center) / deviation) - tabulatedNormalCdf((from - center) / deviation);
}

function massInRange(center: number, deviation: number): number {
  return massBetween(0, 1, center, deviation);
}
