import { at } from "../../math/vector.js";
import type { Parameter } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { haveSameCoordinate } from "../optimizer-state.js";
import { outOfBox } from "./box-transform.js";
import type { Coordinates } from "./coordinates.js";
import { Gaussian } from "./gaussian.js";
import type { LearningRatesState } from "./learning-rate-adaptation.js";
import type { SearchDistributionState } from "./search-distribution.js";

/*
 * A search distribution in another search space. Coordinates that both spaces have go on with all that was learned
 * about them; those that are gone are marginalised, which for a Gaussian means that their rows are left out; new ones
 * stand as at a fresh start, uncorrelated with the others. So the others are drawn from the same distribution as before.
 */

/** A search space with the coordinates of its distributions. */
export interface Place {
  readonly space: SearchSpace;
  readonly coordinates: Coordinates;
}

/** Where a numeric coordinate comes from. */
export interface NumericSource {
  /** Its index among the old coordinates. */
  readonly index: number;
  /** Old mean in the new coordinate. */
  readonly mean: number;
  /** Length of one old unit in new ones: other than 1 where the range has changed. */
  readonly factor: number;
  /** Whether range, scale or grid are others than before. */
  readonly changed: boolean;
}

interface CategoricalSource {
  readonly index: number;
  /** Old index of each choice; -1 where it is a new one. */
  readonly choices: readonly number[];
  readonly changed: boolean;
}

/** A carried distribution, and which discrete or categorical coordinates still need their margin. */
export interface CarriedDistribution {
  readonly state: SearchDistributionState;
  readonly unmargined: { readonly numeric: readonly number[]; readonly categorical: readonly number[] };
}

/**
 * The source of each new numeric coordinate; undefined for those that start afresh, because there was none of that name
 * or the ranges have nothing in common.
 */
export function numericSources(
  { mean, scale }: Pick<SearchDistributionState, "mean" | "scale">,
  from: Place,
  to: Place,
): readonly (NumericSource | undefined)[] {
  return to.coordinates.numeric.map(({ axis }, j): NumericSource | undefined => {
    const index = from.coordinates.numeric.findIndex((old) => old.axis.name === axis.name);
    if (index < 0) return undefined;
    const before = from.space.parameter(axis.name);
    const after = to.space.parameter(axis.name);
    const x = at(mean, index);
    if (haveSameCoordinate(before, after)) return { index, mean: x, factor: 1, changed: false };
    const factor = unitRatio(before, after, from, to);
    if (factor === undefined) return undefined;
    const position = from.coordinates.position(index, x);
    const native = from.space.decodeNumeric(axis.name, position);
    const encoded = encodedOf(to.space, axis.name, native);
    if (to.coordinates.grids[j] === undefined) {
      // Only the margin of a discrete coordinate has a scale; here it becomes part of the covariance.
      return { index, mean: outOfBox(encoded), factor: factor * at(scale, index), changed: true };
    }
    // Within the cell of a grid the mean says which neighbour is the likelier one.
    const within = from.coordinates.grids[index] === undefined ? 0 : factor * (x - position);
    return { index, mean: encoded + within, factor, changed: true };
  });
}

/**
 * @param fresh a distribution as it starts in the new space, margins included
 */
export function carriedDistribution(
  old: SearchDistributionState,
  fresh: SearchDistributionState,
  sources: readonly (NumericSource | undefined)[],
  from: Place,
  to: Place,
): CarriedDistribution {
  const categories = categoricalSources(from, to);
  const stepSize = sources.some((source) => source !== undefined) ? old.stepSize : fresh.stepSize;
  const carried = (of: readonly number[], otherwise: (j: number) => number) =>
    sources.map((source, j) => (source ? at(of, source.index) : otherwise(j)));
  const n = sources.length;
  const covariance = covarianceOf(old, fresh, sources, stepSize);
  const changed = sources.flatMap((source, j) => (source?.changed && to.coordinates.grids[j] ? [j] : []));
  return {
    state: {
      generation: old.generation,
      mean: sources.map((source, j) => source?.mean ?? at(fresh.mean, j)),
      stepSize,
      covariance,
      pathSigma: n === 0 ? [] : pathSigmaOf(old, sources, covariance),
      pathC: sources.map((source) => (source ? source.factor * at(old.pathC, source.index) : 0)),
      scale: carried(old.scale, (j) => at(fresh.scale, j)).map((scale, j) => (to.coordinates.grids[j] ? scale : 1)),
      mutationRates: carried(old.mutationRates, (j) => at(fresh.mutationRates, j)),
      probabilities: categories.map((source, i) => {
        const row = fresh.probabilities[i] ?? [];
        return source ? carriedProbabilities(old.probabilities[source.index] ?? [], source.choices) : row;
      }),
      gradient: gradientOf(old, fresh, categories),
      ...(fresh.learningRates && { learningRates: learningRatesOf(old.learningRates ?? fresh.learningRates, sources) }),
    },
    unmargined: { numeric: changed, categorical: categories.flatMap((source, i) => (source?.changed ? [i] : [])) },
  };
}

/** Row-major n x n: old entries between old coordinates, the usual variance of a new one, 0 between the two kinds. */
function covarianceOf(
  old: SearchDistributionState,
  fresh: SearchDistributionState,
  sources: readonly (NumericSource | undefined)[],
  stepSize: number,
): number[] {
  const n = sources.length;
  const oldSize = old.mean.length;
  return sources.flatMap((row, i) =>
    sources.map((column, j) => {
      if (row && column) return row.factor * column.factor * at(old.covariance, row.index * oldSize + column.index);
      return i === j ? at(fresh.covariance, i * n + i) * (fresh.stepSize / stepSize) ** 2 : 0;
    }),
  );
}

/**
 * The path of the step size is kept in whitened coordinates, C^(-1/2) z. What is carried over is z: where coordinates
 * that correlate with others are left out, the same z has other whitened coordinates.
 */
function pathSigmaOf(
  old: SearchDistributionState,
  sources: readonly (NumericSource | undefined)[],
  covariance: readonly number[],
): number[] {
  const oldSize = old.mean.length;
  const kept = new Set(sources.flatMap((source) => (source ? [source.index] : [])));
  const isBlock = old.covariance.every(
    (entry, k) => entry === 0 || kept.has(Math.floor(k / oldSize)) === kept.has(k % oldSize),
  );
  if (isBlock && sources.every((source) => source === undefined || source.factor === 1)) {
    return sources.map((source) => (source ? at(old.pathSigma, source.index) : 0));
  }
  const whitened = new Gaussian(Float64Array.from(old.mean), 1, Float64Array.from(old.covariance)).whiten(
    old.pathSigma,
  );
  // C C^(-1/2) = C^(1/2).
  const z = (i: number) => whitened.reduce((sum, value, j) => sum + at(old.covariance, i * oldSize + j) * value, 0);
  const path = sources.map((source) => (source ? source.factor * z(source.index) : 0));
  return Array.from(new Gaussian(new Float64Array(sources.length), 1, Float64Array.from(covariance)).whiten(path));
}

function categoricalSources(from: Place, to: Place): readonly (CategoricalSource | undefined)[] {
  return to.coordinates.categorical.map(({ axis }): CategoricalSource | undefined => {
    const index = from.coordinates.categorical.findIndex((old) => old.axis.name === axis.name);
    const before = from.coordinates.categorical[index]?.axis.choices ?? [];
    const choices = axis.choices.map((choice) => before.indexOf(choice));
    if (choices.every((choice) => choice < 0)) return undefined;
    const changed = choices.length !== before.length || choices.some((choice, k) => choice !== k);
    return { index, choices, changed };
  });
}

/** New choices get an even share; known ones keep their proportions. */
function carriedProbabilities(row: readonly number[], choices: readonly number[]): number[] {
  const known = choices.reduce((sum, choice) => sum + (choice < 0 ? 0 : at(row, choice)), 0);
  const unknown = choices.filter((choice) => choice < 0).length / choices.length;
  // Nothing is multiplied where nothing changed, so that nothing is rounded.
  const factor = unknown === 0 && choices.length === row.length ? 1 : (1 - unknown) / known;
  return choices.map((choice) => (choice < 0 ? 1 / choices.length : factor * at(row, choice)));
}

/** The gradient's path has one entry for each free probability: all choices of a coordinate but the last. */
function gradientOf(
  old: SearchDistributionState,
  fresh: SearchDistributionState,
  sources: readonly (CategoricalSource | undefined)[],
): SearchDistributionState["gradient"] {
  if (sources.every((source) => source === undefined)) return fresh.gradient;
  const starts: number[] = [];
  let start = 0;
  for (const row of old.probabilities) {
    starts.push(start);
    start += row.length - 1;
  }
  const path = sources.flatMap((source, i) =>
    (fresh.probabilities[i] ?? [])
      .slice(1)
      .map((_, k) => (source && !source.changed ? at(old.gradient.path, at(starts, source.index) + k) : 0)),
  );
  return { ...old.gradient, path };
}

function learningRatesOf(
  { mean, covariance }: LearningRatesState,
  sources: readonly (NumericSource | undefined)[],
): LearningRatesState {
  const oldSize = mean.average.length;
  const entry = (source: NumericSource | undefined) => (source ? at(mean.average, source.index) : 0);
  return {
    mean: { ...mean, average: sources.map(entry) },
    covariance: {
      ...covariance,
      average: sources.flatMap((row) =>
        sources.map((column) => (row && column ? at(covariance.average, row.index * oldSize + column.index) : 0)),
      ),
    },
  };
}

/**
 * How long one encoded unit of the old range is in the new one, measured over what both ranges have in common: exact
 * where the scale is the same, an average where it is another. Undefined where they have nothing in common.
 */
function unitRatio(before: Parameter, after: Parameter, from: Place, to: Place): number | undefined {
  if (!isNumeric(before) || !isNumeric(after)) return undefined;
  const { name } = before;
  const ends = [Math.max(before.low, after.low), Math.min(before.high, after.high)] as const;
  const length = (space: SearchSpace) => encodedOf(space, name, ends[1]) - encodedOf(space, name, ends[0]);
  const [old, now] = [length(from.space), length(to.space)];
  return ends[0] < ends[1] && old > 0 && now > 0 ? now / old : undefined;
}

function encodedOf(space: SearchSpace, name: string, value: number): number {
  const axis = space.numericAxes.findIndex((each) => each.name === name);
  return at(space.encode({ [name]: value }).numeric, axis);
}

function isNumeric(parameter: Parameter): parameter is Extract<Parameter, { low: number }> {
  return parameter.kind === "float" || parameter.kind === "int";
}
