import type { RandomStream } from "../../math/random.js";

/** Rows that a forest learns from. */
export interface ForestData {
  /** n rows of d features: numbers, or indices of choices. */
  readonly rows: readonly Float64Array[];
  readonly targets: Float64Array;
  /** By feature: whether it is an index of a choice, which has no order. */
  readonly isChoice: readonly boolean[];
}

export interface ForestOptions {
  readonly trees: number;
  /** Rows that each tree is grown from at most, drawn with replacement. */
  readonly rowsOfTree: number;
  /** Smallest number of rows that is split. */
  readonly smallestSplit: number;
}

export interface ForestPrediction {
  readonly mean: number;
  readonly variance: number;
}

/** Share of the features that every split is chosen among (pyrfr's default, as in SMAC). */
const featureShare = 5 / 6;
/** And their number at most: in spaces of many parameters a split is chosen among enough of them. */
const mostFeatures = 24;
const deepest = 24;
/** Nodes that wait while one branch grows: one a level. */
const stackSize = 4 * (deepest + 2);

/**
 * A forest of regression trees for numbers and choices alike (Breiman 2001). Each tree sees a bootstrap sample; each
 * split is the best, by the drop of variance, among random splits of most features: a number is split at a uniform
 * point between the smallest and the largest value (Geurts, Ernst and Wehenkel 2006; the mean of such trees has no
 * steps, and their disagreement grows between the rows, Hutter et al. 2014, section 4.3), a choice by a random subset.
 * Flat arrays; deterministic for a stream.
 */
export class RegressionForest {
  private constructor(
    private readonly roots: Int32Array,
    private readonly nodes: Nodes,
  ) {}

  /** @param data at least one row */
  static fit(data: ForestData, options: ForestOptions, random: RandomStream): RegressionForest {
    const n = data.rows.length;
    const dimension = data.isChoice.length;
    const size = Math.min(n, options.rowsOfTree);
    const capacity = options.trees * 2 * size;
    const nodes: Nodes = {
      feature: new Int32Array(capacity),
      split: new Float64Array(capacity),
      left: new Int32Array(capacity),
      mean: new Float64Array(capacity),
      variance: new Float64Array(capacity),
    };
    const columns = new Float64Array(dimension * n);
    data.rows.forEach((row, i) => {
      for (let f = 0; f < dimension; f++) columns[f * n + i] = row[f]!;
    });
    const roots = new Int32Array(options.trees);
    const bag = new Int32Array(size);
    const sample: Sample = {
      columns,
      rows: n,
      targets: data.targets,
      isChoice: data.isChoice,
      bag,
      column: new Float64Array(size),
      target: new Float64Array(size),
    };
    let used = 0;
    for (let tree = 0; tree < options.trees; tree++) {
      for (let k = 0; k < size; k++) bag[k] = random.integer(n);
      roots[tree] = used;
      used = growTree(sample, options, nodes, used, random);
    }
    return new RegressionForest(roots, nodes);
  }

  /**
   * Mean of the trees, and the variance of a mixture of what they say: the mean variance within their leaves and the
   * variance between their means (law of total variance).
   */
  predict(row: Float64Array): ForestPrediction {
    const { feature, split, left, mean, variance } = this.nodes;
    let sum = 0;
    let squares = 0;
    let within = 0;
    for (const root of this.roots) {
      let node = root;
      for (let f = feature[node]!; f !== leaf; f = feature[node]!) {
        const goesLeft = f >= 0 ? row[f]! < split[node]! : isMember(split[node]!, row[-2 - f]!);
        node = left[node]! + (goesLeft ? 0 : 1);
      }
      sum += mean[node]!;
      squares += mean[node]! * mean[node]!;
      within += variance[node]!;
    }
    const trees = this.roots.length;
    const average = sum / trees;
    return { mean: average, variance: Math.max(0, squares / trees - average * average) + within / trees };
  }
}

/** What `feature` is in a leaf; a split by choice has -2 minus its feature. */
const leaf = -1;

interface Nodes {
  /** Feature that a node splits on, see above. */
  readonly feature: Int32Array;
  /** Threshold, smaller goes left; or the set of choices that go left, as bits. */
  readonly split: Float64Array;
  /** Left child; the right one follows it. */
  readonly left: Int32Array;
  /** Of the targets in a leaf. */
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

interface Sample {
  /** d x n: all values of the first feature, then all of the second, ... */
  readonly columns: Float64Array;
  readonly rows: number;
  readonly targets: Float64Array;
  readonly isChoice: readonly boolean[];
  /** Rows of the tree, reordered while it grows. */
  readonly bag: Int32Array;
  /** Room for one feature, and for the targets, of the rows of a node. */
  readonly column: Float64Array;
  readonly target: Float64Array;
}

/** Choices beyond the thirty-second share a bit with an earlier one. */
function isMember(bits: number, choice: number): boolean {
  return ((bits >>> (choice & 31)) & 1) === 1;
}

/** @returns the first node that is free after the tree */
function growTree(sample: Sample, options: ForestOptions, nodes: Nodes, root: number, random: RandomStream): number {
  const { columns, rows, targets, isChoice, bag, column, target } = sample;
  const { feature, split, left, mean, variance } = nodes;
  const { smallestSplit } = options;
  const dimension = isChoice.length;
  const tries = Math.max(1, Math.min(mostFeatures, Math.ceil(featureShare * dimension)));
  const order = Int32Array.from({ length: dimension }, (_, f) => f);
  // Node, first and last row, depth.
  const waiting = new Int32Array(stackSize);
  waiting[0] = root;
  waiting[2] = bag.length;
  let free = root + 1;
  for (let top = 0; top >= 0; ) {
    const node = waiting[top]!;
    const from = waiting[top + 1]!;
    const to = waiting[top + 2]!;
    const depth = waiting[top + 3]!;
    top -= 4;
    const size = to - from;
    let sum = 0;
    let squares = 0;
    for (let k = from; k < to; k++) {
      const y = targets[bag[k]!]!;
      target[k] = y;
      sum += y;
      squares += y * y;
    }
    const average = sum / size;
    const spread = Math.max(0, squares / size - average * average);
    let best = -Infinity;
    let bestFeature = leaf;
    let bestSplit = 0;
    if (size >= smallestSplit && depth < deepest && spread > 1e-12) {
      for (let t = 0; t < tries; t++) {
        // The first entries of a random order (Fisher and Yates), continued only as far as it is needed.
        const pick = t + random.integer(dimension - t);
        const f = order[pick]!;
        order[pick] = order[t]!;
        order[t] = f;
        const start = f * rows;
        let low = Infinity;
        let high = -Infinity;
        for (let k = from; k < to; k++) {
          const x = columns[start + bag[k]!]!;
          column[k] = x;
          low = x < low ? x : low;
          high = x > high ? x : high;
        }
        if (!(low < high)) continue;
        let leftSize = 0;
        let leftSum = 0;
        let at: number;
        if (isChoice[f]!) {
          // A random subset that parts two choices which are there.
          at = Math.floor(random.uniform() * 2 ** 32) | 0;
          at = isMember(at, low) ? at & ~(1 << (high & 31)) : at | (1 << (high & 31));
          for (let k = from; k < to; k++) {
            const isLeft = (at >>> (column[k]! & 31)) & 1;
            leftSize += isLeft;
            leftSum += isLeft * target[k]!;
          }
        } else {
          at = low + (high - low) * (1 - random.uniform());
          for (let k = from; k < to; k++) {
            const isLeft = column[k]! < at ? 1 : 0;
            leftSize += isLeft;
            leftSum += isLeft * target[k]!;
          }
        }
        if (leftSize === 0 || leftSize === size) continue;
        const rightSum = sum - leftSum;
        const gain = (leftSum * leftSum) / leftSize + (rightSum * rightSum) / (size - leftSize);
        if (gain > best) {
          best = gain;
          bestFeature = isChoice[f]! ? -2 - f : f;
          bestSplit = at;
        }
      }
    }
    feature[node] = bestFeature;
    if (bestFeature === leaf) {
      mean[node] = average;
      variance[node] = spread;
      continue;
    }
    const start = (bestFeature >= 0 ? bestFeature : -2 - bestFeature) * rows;
    let middle = from;
    for (let k = from; k < to; k++) {
      const i = bag[k]!;
      const x = columns[start + i]!;
      if (bestFeature >= 0 ? x < bestSplit : isMember(bestSplit, x)) {
        bag[k] = bag[middle]!;
        bag[middle++] = i;
      }
    }
    split[node] = bestSplit;
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
