import type { RandomStream } from "../../math/random.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { reflect } from "./reflect.js";

export interface SearchOptions {
  /** Where local searches may start: the best configurations so far, best first. */
  readonly incumbents: readonly Configuration[];
  /**
   * Worth of a configuration; larger is better. Where it is not above `floor`, any number from the worth up to there
   * will do: an upper bound may be had for less.
   */
  worth(configuration: Configuration, point: EncodedPoint, floor: number): number;
  isRepetition(configuration: Configuration): boolean;
  readonly random: RandomStream;
}

interface Rated {
  readonly configuration: Configuration;
  readonly point: EncodedPoint;
  readonly worth: number;
}

/** Uniform draws that are rated; the best of them start local searches too. */
const randomDraws = 250;
const fullyRated = 25;
const startsFromIncumbents = 6;
const startsFromDraws = 3;
/** Neighbours in each numeric direction, and how far away they are (standard deviation, range 1; as in SMAC). */
const neighboursOfNumber = 3;
const neighbourDeviation = 0.2;
/** Every other neighbour is this much nearer: close to the best, small steps are the ones that gain. */
const nearRatio = 0.2;
/** Ratings that all local searches make together at most. */
const mostRatings = 1200;
/** With more parameters than this a rating takes longer, and fewer are made; this share of them at least. */
const fewParameters = 20;
const leastEffort = 0.25;

/**
 * Looks for the configuration with the largest worth: local search over the one-exchange neighbourhood, from the best
 * configurations so far and from the best of some random ones (Hutter, Hoos and Leyton-Brown 2011, section 4.3).
 * Every choice of a categorical parameter is a neighbour; numbers have normal ones.
 *
 * @returns undefined where everything that was seen is a repetition
 */
export function searchAcquisition(space: SearchSpace, options: SearchOptions): Configuration | undefined {
  const { random, incumbents } = options;
  let best: Rated | undefined;
  let ratings = 0;
  const rate = (configuration: Configuration, floor: number): Rated => {
    ratings++;
    const point = space.encode(configuration);
    return { configuration, point, worth: options.worth(configuration, point, floor) };
  };
  const consider = (rated: Rated): void => {
    if (best !== undefined && rated.worth <= best.worth) return;
    if (!options.isRepetition(rated.configuration)) best = rated;
  };

  // Sorted by the upper bound first: only what may be among the best is rated in full.
  const effort = Math.max(leastEffort, Math.min(1, fewParameters / space.parameters.length));
  const drawn = Array.from({ length: Math.ceil(effort * randomDraws) }, () => rate(space.sample(random), Infinity))
    .sort((a, b) => b.worth - a.worth)
    .slice(0, fullyRated)
    .map(({ configuration }) => rate(configuration, -Infinity))
    .sort((a, b) => b.worth - a.worth);
  for (const rated of drawn) consider(rated);
  const starts = incumbents
    .slice(0, startsFromIncumbents)
    .map((configuration) => rate(configuration, -Infinity))
    .sort((a, b) => b.worth - a.worth);
  starts.push(...drawn.slice(0, startsFromDraws));
  ratings = 0;
  starts.forEach((start, k) => {
    const share = (effort * mostRatings * (k + 1)) / starts.length;
    let current = start;
    for (let improved = true; improved && ratings < share; ) {
      improved = false;
      for (const point of neighbours(space, current.point, random)) {
        const configuration = space.decode(point);
        if (space.brokenConstraints(configuration).length > 0) continue;
        const rated = rate(configuration, Math.min(current.worth, best?.worth ?? -Infinity));
        consider(rated);
        if (rated.worth > current.worth) {
          // The first that is better: what is around it is seen next.
          current = rated;
          improved = true;
          break;
        }
        if (ratings >= share) break;
      }
    }
  });
  return best?.configuration;
}

/** Points that differ in one parameter, in random order. */
function* neighbours(
  space: SearchSpace,
  { numeric, categorical }: EncodedPoint,
  random: RandomStream,
): Generator<EncodedPoint> {
  // First the steps of numbers, then all choices of all categorical axes.
  const steps = numeric.length * neighboursOfNumber;
  const offsets: number[] = [];
  let count = steps;
  for (const { choices } of space.categoricalAxes) {
    offsets.push(count);
    count += choices.length;
  }
  const moves = Int32Array.from({ length: count }, (_, k) => k);
  for (let left = count; left > 0; left--) {
    const pick = random.integer(left);
    const move = moves[pick]!;
    moves[pick] = moves[left - 1]!;
    if (move < steps) {
      const j = Math.floor(move / neighboursOfNumber);
      const deviation = neighbourDeviation * ((move % neighboursOfNumber) % 2 === 0 ? 1 : nearRatio);
      const x = numeric[j]!;
      const to = reflect(x + deviation * random.normal());
      yield { numeric: numeric.with(j, moved(x, to, space.numericAxes[j]?.grid)), categorical };
      continue;
    }
    let i = offsets.length - 1;
    while (offsets[i]! > move) i--;
    const choice = move - offsets[i]!;
    if (choice !== categorical[i]) yield { numeric, categorical: categorical.with(i, choice) };
  }
}

/** On a grid a step leads at least to the next value. */
function moved(from: number, to: number, grid: readonly number[] | undefined): number {
  if (grid === undefined || grid.length < 2) return to;
  const here = nearestIndex(grid, from);
  const there = nearestIndex(grid, to);
  if (there !== here) return to;
  const next = to >= from ? here + 1 : here - 1;
  return grid[next] ?? grid[here + (here - next)] ?? to;
}

/** @param grid ascending */
function nearestIndex(grid: readonly number[], x: number): number {
  let low = 0;
  let high = grid.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (grid[middle]! <= x) low = middle;
    else high = middle;
  }
  return x - grid[low]! <= grid[high]! - x ? low : high;
}
