import type { RandomStream } from "../../math/random.js";

/** Trees for few rows, and for many: there each row is seen by enough of them, and a tree takes longer to grow. */
const TREES = { few: 48, many: 30 } as const;
const MANY_ROWS = 200;
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
    const trees = n < MANY_ROWS ? TREES.few : TREES.many;
    const capacity = trees * 2 * n;
    const nodes: Nodes = {
      feature: new Int32Array(capacity),
      number: new Float64Array(capacity),
      left: new Int32Array(capacity),
    };
    // One column a feature: a split reads one feature of many rows.
    const columns = new Float64Array(dimension * n);
    rows.forEach((row, i) => {
      for (let f = 0; f < dimension; f++) columns[f * n + i] = row[f]!;
    });
    const sample: Sample = { columns, labels, dimension, bag: new Int32Array(n), baseRate };
    const roots = new Int32Array(trees);
    const sums = new Float64Array(n);
    const votes = new Float64Array(n);
    const inBag = new Uint8Array(n);
    const forest = new ExtraTrees(roots, nodes.feature, nodes.number, nodes.left, new Float64Array(n));
    let used = 0;
    for (let tree = 0; tree < trees; tree++) {
      inBag.fill(0);
      for (let k = 0; k < n; k++) {
        const i = random.integer(n);
        sample.bag[k] = i;
        inBag[i] = 1;
      }
      roots[tree] = used;
      used = growTree(sample, nodes, used, random);
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
    const trees = this.roots.length;
    for (let tree = 0; tree < trees; tree++) sum += this.vote(tree, row);
    return sum / trees;
  }

  private vote(tree: number, row: Float64Array): number {
    let node = this.roots[tree]!;
    for (let f = this.feature[node]!; f >= 0; f = this.feature[node]!) {
      node = this.left[node]! + (row[f]! < this.number[node]! ? 0 : 1);
    }
    return this.number[node]!;
  }
}

interface Nodes {
  readonly feature: Int32Array;
  readonly number: Float64Array;
  readonly left: Int32Array;
}

interface Sample {
  /** d x n: all values of the first feature, then all of the second, ... */
  readonly columns: Float64Array;
  readonly labels: Uint8Array;
  readonly dimension: number;
  /** Rows of the tree, reordered while it grows. */
  readonly bag: Int32Array;
  readonly baseRate: number;
}

/**
 * Grows one tree whose root is the node `root`, depth first.
 *
 * @returns the first node that is free after it
 */
function growTree(sample: Sample, nodes: Nodes, root: number, random: RandomStream): number {
  const { columns, labels, dimension, bag, baseRate } = sample;
  const { feature, number, left } = nodes;
  const n = bag.length;
  const tries = Math.min(dimension, Math.ceil(Math.sqrt(dimension)) + 1);
  const column = new Float64Array(n);
  const ofBag = new Uint8Array(n);
  // Node, first and last row, depth; a right child waits while the left one grows.
  const waiting = new Int32Array(4 * (DEEPEST + 2));
  waiting[2] = n;
  waiting[0] = root;
  let free = root + 1;
  for (let top = 0; top >= 0; ) {
    const node = waiting[top]!;
    const from = waiting[top + 1]!;
    const to = waiting[top + 2]!;
    const depth = waiting[top + 3]!;
    top -= 4;
    let ones = 0;
    for (let k = from; k < to; k++) {
      const label = labels[bag[k]!]!;
      ofBag[k] = label;
      ones += label;
    }
    const size = to - from;
    let bestGain = 0;
    let bestFeature = -1;
    let bestThreshold = 0;
    if (ones > 0 && ones < size && size >= SMALLEST_SPLIT && depth < DEEPEST) {
      for (let t = 0; t < tries; t++) {
        const f = random.integer(dimension);
        const start = f * n;
        let low = Infinity;
        let high = -Infinity;
        for (let k = from; k < to; k++) {
          const x = columns[start + bag[k]!]!;
          column[k] = x;
          low = x < low ? x : low;
          high = x > high ? x : high;
        }
        if (!(low < high)) continue;
        const threshold = low + (high - low) * (1 - random.uniform());
        let leftSize = 0;
        let leftOnes = 0;
        for (let k = from; k < to; k++) {
          // Without a branch: the rows go either way in no order that a processor could foresee.
          const isLeft = column[k]! < threshold ? 1 : 0;
          leftSize += isLeft;
          leftOnes += isLeft & ofBag[k]!;
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
      continue;
    }
    let middle = from;
    for (let k = from; k < to; k++) {
      const i = bag[k]!;
      if (columns[bestFeature * n + i]! < bestThreshold) {
        bag[k] = bag[middle]!;
        bag[middle++] = i;
      }
    }
    number[node] = bestThreshold;
    left[node] = free;
    for (let child = 1; child >= 0; child--) {
      top += 4;
      waiting[top] = free + child;
      waiting[top + 1] = child === 0 ? from : middle;
      waiting[top + 2] = child === 0 ? middle : to;
      waiting[top + 3] = depth + 1;
    }
    free += 2;
  }
  return free;
}

/** Drop of the Gini impurity, times the number of rows and up to a constant factor. */
function impurityDrop(size: number, ones: number, leftSize: number, leftOnes: number): number {
  const rightSize = size - leftSize;
  if (leftSize === 0 || rightSize === 0) return 0;
  const rightOnes = ones - leftOnes;
  return (leftOnes * leftOnes) / leftSize + (rightOnes * rightOnes) / rightSize - (ones * ones) / size;
}
