import type { RandomStream } from "../../math/random.js";

const TREES = 48;
const SMALLEST_SPLIT = 4;
const DEEPEST = 12;
/** Rows of the base rate that every leaf is thought to contain besides its own (Laplace smoothing). */
const LEAF_PRIOR = 1;

/**
 * A bagged ensemble of extremely randomised classification trees (Geurts, Ernst and Wehenkel 2006) for two
 * classes: each split is the best of a few random features at random thresholds, each tree sees a bootstrap
 * sample. Flat arrays; deterministic for a stream.
 */
export class ExtraTrees {
  private constructor(
    private readonly roots: Int32Array,
    /** Feature that a node splits on; -1 for a leaf. */
    private readonly feature: Int32Array,
    /** Threshold of a split (smaller goes left); probability of a leaf. */
    private readonly number: Float64Array,
    /** Left child; the right one follows it. */
    private readonly left: Int32Array,
    /** Probability of each fitted row by the trees that did not see it; NaN where all did. */
    readonly outOfBag: Float64Array,
  ) {}

  /**
   * @param rows n x d
   * @param labels 0 or 1
   * @param baseRate probability of a 1 where a leaf knows nothing
   */
  static fit(rows: readonly Float64Array[], labels: Uint8Array, baseRate: number, random: RandomStream): ExtraTrees {
    const n = rows.length;
    const dimension = rows[0]?.length ?? 0;
    const tries = Math.min(dimension, Math.ceil(Math.sqrt(dimension)) + 1);
    const capacity = TREES * 2 * n;
    const feature = new Int32Array(capacity);
    const number = new Float64Array(capacity);
    const left = new Int32Array(capacity);
    const roots = new Int32Array(TREES);
    const sums = new Float64Array(n);
    const votes = new Float64Array(n);
    const bag = new Int32Array(n);
    const inBag = new Uint8Array(n);
    let nodes = 0;

    const grow = (node: number, from: number, to: number, depth: number): void => {
      let ones = 0;
      for (let k = from; k < to; k++) ones += labels[bag[k]!]!;
      const size = to - from;
      let bestGain = 0;
      let bestFeature = -1;
      let bestThreshold = 0;
      if (ones > 0 && ones < size && size >= SMALLEST_SPLIT && depth < DEEPEST) {
        for (let t = 0; t < tries; t++) {
          const f = random.integer(dimension);
          let low = Infinity;
          let high = -Infinity;
          for (let k = from; k < to; k++) {
            const x = rows[bag[k]!]![f]!;
            if (x < low) low = x;
            if (x > high) high = x;
          }
          if (!(low < high)) continue;
          const threshold = low + (high - low) * (1 - random.uniform());
          let leftSize = 0;
          let leftOnes = 0;
          for (let k = from; k < to; k++) {
            const i = bag[k]!;
            if (rows[i]![f]! < threshold) {
              leftSize++;
              leftOnes += labels[i]!;
            }
          }
          const gain = impurityDrop(size, ones, leftSize, leftOnes);
          if (gain > bestGain) {
            bestGain = gain;
            bestFeature = f;
            bestThreshold = threshold;
          }
        }
      }
      feature[node] = bestFeature;
      if (bestFeature < 0) {
        number[node] = (ones + LEAF_PRIOR * baseRate) / (size + LEAF_PRIOR);
        return;
      }
      let middle = from;
      for (let k = from; k < to; k++) {
        const i = bag[k]!;
        if (rows[i]![bestFeature]! < bestThreshold) {
          bag[k] = bag[middle]!;
          bag[middle++] = i;
        }
      }
      number[node] = bestThreshold;
      const child = nodes;
      left[node] = child;
      nodes += 2;
      grow(child, from, middle, depth + 1);
      grow(child + 1, middle, to, depth + 1);
    };

    const forest = new ExtraTrees(roots, feature, number, left, new Float64Array(n));
    for (let tree = 0; tree < TREES; tree++) {
      inBag.fill(0);
      for (let k = 0; k < n; k++) {
        const i = random.integer(n);
        bag[k] = i;
        inBag[i] = 1;
      }
      roots[tree] = nodes;
      grow(nodes++, 0, n, 0);
      for (let i = 0; i < n; i++) {
        if (inBag[i] === 1) continue;
        sums[i] = sums[i]! + forest.vote(tree, rows[i]!);
        votes[i] = votes[i]! + 1;
      }
    }
    for (let i = 0; i < n; i++) forest.outOfBag[i] = votes[i]! > 0 ? sums[i]! / votes[i]! : Number.NaN;
    return forest;
  }

  probability(row: Float64Array): number {
    let sum = 0;
    for (let tree = 0; tree < TREES; tree++) sum += this.vote(tree, row);
    return sum / TREES;
  }

  private vote(tree: number, row: Float64Array): number {
    let node = this.roots[tree]!;
    for (let f = this.feature[node]!; f >= 0; f = this.feature[node]!) {
      node = this.left[node]! + (row[f]! < this.number[node]! ? 0 : 1);
    }
    return this.number[node]!;
  }
}

/** Drop of the Gini impurity, times the number of rows and up to a constant factor. */
function impurityDrop(size: number, ones: number, leftSize: number, leftOnes: number): number {
  const rightSize = size - leftSize;
  if (leftSize === 0 || rightSize === 0) return 0;
  const rightOnes = ones - leftOnes;
  return (leftOnes * leftOnes) / leftSize + (rightOnes * rightOnes) / rightSize - (ones * ones) / size;
}
