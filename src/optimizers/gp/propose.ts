import type { RandomStream } from "../../math/random.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { minimise } from "../surrogate/lbfgs.js";
import type { Acquisition, SearchModel } from "../surrogate/search-model.js";
import { type Box, crossed, mutated, nearestIndex, uniformPoint } from "./mutation.js";

/** Multiplications that the scoring of one pool may take, and the sizes that a pool has in any case. */
const SCORING_WORK = 2e7;
const SMALLEST_POOL = 160;
const LARGEST_POOL = 250;
/** Parts of the pool: neighbours of the best, children of two of them, and the rest uniform in the box. */
const NEIGHBOURS = 0.55;
const CHILDREN = 0.1;
/** Configurations that neighbours and children come from. */
const PARENTS = 10;
/** Deviations of a neighbour, as shares of the axis' own scale: log-uniform between these. */
const FINEST = 0.01;
const COARSEST = 0.5;
/** Best of the pool that are improved on, and how. */
const STARTS = 3;
const CLIMB_EVALUATIONS = 14;
const ROUNDS = 2;
/** An axis with more values than this is climbed as if it were continuous. */
const FINE_GRID = 24;
/** Members of one pool whose failure is looked up at most. */
const MOST_SCORED = 120;
/** Tries for one new member of the pool, and how many broken ones may be repaired in a pool. */
const TRIES = 4;
const REPAIRS = 40;

export interface ProposalContext {
  readonly space: SearchSpace;
  readonly model: SearchModel;
  /** Running configurations. */
  readonly pending: readonly Configuration[];
  /** Told or running. */
  readonly isKnown: (key: string) => boolean;
  /** Where to search. */
  readonly box: Box;
  /** How far each numeric axis is worth moving. */
  readonly scales: readonly number[];
  readonly random: RandomStream;
}

/**
 * The configuration of highest acquisition that could be found in a box, new and within the constraints; undefined
 * where everything in reach is known. Candidates come from several sources, since no single one serves spaces that
 * are mixed, conditional and constrained; the best of them are then climbed along the gradient of the acquisition and
 * over single changes of what is discrete.
 */
export function propose(context: ProposalContext): Configuration | undefined {
  const pool = new Pool(context);
  pool.fill();
  for (const start of pool.best(STARTS)) {
    let at = start;
    for (let round = 0; round < ROUNDS; round++) {
      at = pool.climb(at) ?? at;
      const stepped = pool.step(at);
      if (stepped === undefined) break;
      at = stepped;
    }
  }
  return pool.best(1)[0]?.configuration;
}

/** A point of which so far only the improvement is known. */
interface Drawn {
  readonly point: EncodedPoint;
  /** Known from the beginning only where the features do not follow from the point alone. */
  readonly configuration: Configuration | undefined;
  readonly vector: Float64Array;
}

interface Scored {
  readonly configuration: Configuration;
  readonly point: EncodedPoint;
  readonly vector: Float64Array;
  readonly score: number;
}

class Pool {
  private readonly scored: Scored[] = [];
  private readonly keys = new Set<string>();
  private readonly acquisition: Acquisition;
  private repairs = REPAIRS;
  /** Axes that are climbed along the gradient. */
  private readonly smooth: readonly boolean[];
  private readonly direct: boolean;

  constructor(private readonly context: ProposalContext) {
    const { space, model, pending } = context;
    this.acquisition = model.acquisition(pending);
    this.smooth = space.numericAxes.map(({ grid }) => grid === undefined || grid.length > FINE_GRID);
    this.direct = this.acquisition.map.followsPoint && space.constraints.length === 0;
  }

  /** @returns so many at most, of highest score, best first */
  best(count: number): readonly Scored[] {
    return [...this.scored].sort((a, b) => b.score - a.score).slice(0, count);
  }

  fill(): void {
    const { space, model, random, box, scales } = this.context;
    const size = poolSize(model.size);
    const parents = model.best(PARENTS).map((configuration) => space.encode(configuration));
    const parameters = space.parameters.length;
    const shares = [Math.min(1, 1.5 / parameters), Math.min(1, 4 / parameters), 1];
    // The better, the more often.
    const parent = (): EncodedPoint => {
      const rank = Math.floor(parents.length * random.uniform() ** 3);
      return parents[Math.min(rank, parents.length - 1)]!;
    };
    const inBox = ({ numeric, categorical }: EncodedPoint): EncodedPoint => ({
      numeric: numeric.map((x, j) => Math.min(box.high[j]!, Math.max(box.low[j]!, x))),
      categorical,
    });
    const neighbour = (): EncodedPoint => {
      const reach = FINEST * (COARSEST / FINEST) ** random.uniform();
      const share = shares[random.integer(shares.length)]!;
      return mutated(space, inBox(parent()), box, scales, reach, share, random);
    };
    const sources: readonly (readonly [number, () => EncodedPoint])[] = [
      [Math.round(NEIGHBOURS * size), neighbour],
      [Math.round(CHILDREN * size), () => inBox(crossed(parent(), parent(), random))],
      [size, () => uniformPoint(space, box, random)],
    ];
    const drawn: Drawn[] = [];
    for (const [count, source] of sources) {
      for (let k = 0; k < count && drawn.length < size; k++) {
        for (let attempt = 0; attempt < TRIES; attempt++) {
          const taken = this.read(source());
          if (taken === undefined) continue;
          drawn.push(taken);
          break;
        }
      }
    }
    this.score(drawn);
  }

  /** Follows the gradient of the acquisition; where that ends, or undefined where it gains nothing. */
  climb(from: Scored): Scored | undefined {
    const { space, box } = this.context;
    const moving = space.numericAxes.flatMap(({ name }, j) =>
      this.smooth[j] && name in from.configuration ? [j] : [],
    );
    if (moving.length === 0) return undefined;
    const vector = from.vector.slice();
    const inside = (j: number, x: number): number => Math.min(box.high[j]!, Math.max(box.low[j]!, x));
    const found = minimise(
      (at) => {
        for (let m = 0; m < moving.length; m++) vector[moving[m]!] = inside(moving[m]!, at[m]!);
        const { value, gradient } = this.acquisition.slope(vector, space.numericAxes.length);
        // Beyond the walls nothing changes.
        return {
          value,
          gradient: Float64Array.from(moving, (j, m) => (at[m] === inside(j, at[m]!) ? gradient[j]! : 0)),
        };
      },
      Float64Array.from(moving, (j) => vector[j]!),
      { maxEvaluations: CLIMB_EVALUATIONS, tolerance: 1e-3, maxStep: 0.2 },
    );
    const numeric = [...from.point.numeric];
    moving.forEach((j, m) => {
      numeric[j] = inside(j, found.at[m]!);
    });
    return this.gain(from, [{ numeric, categorical: from.point.categorical }]);
  }

  /** The best of all single changes of what is discrete, if it gains anything. */
  step(from: Scored): Scored | undefined {
    const { space, box } = this.context;
    const points: EncodedPoint[] = [];
    space.numericAxes.forEach(({ name, grid }, j) => {
      if (this.smooth[j] || grid === undefined || !(name in from.configuration)) return;
      const index = nearestIndex(grid, from.point.numeric[j]!);
      for (const to of [index - 1, index + 1]) {
        const x = grid[to];
        if (x === undefined || x < box.low[j]! || x > box.high[j]!) continue;
        points.push({ ...from.point, numeric: from.point.numeric.with(j, x) });
      }
    });
    space.categoricalAxes.forEach(({ name, choices }, k) => {
      if (!(name in from.configuration)) return;
      for (let choice = 0; choice < choices.length; choice++) {
        if (choice === from.point.categorical[k]) continue;
        points.push({ ...from.point, categorical: from.point.categorical.with(k, choice) });
      }
    });
    return points.length > 0 ? this.gain(from, points) : undefined;
  }

  /** The best of the points, if it is better than where they came from. */
  private gain(from: Scored, points: readonly EncodedPoint[]): Scored | undefined {
    const best = this.score(points.flatMap((point) => this.read(point) ?? []));
    return best !== undefined && best.score > from.score ? best : undefined;
  }

  /**
   * Scores the most promising: since failures only take from a score, those of lower improvement than what the best
   * have left need not be looked at. @returns the best of them
   */
  private score(drawn: readonly Drawn[]): Scored | undefined {
    const { space, isKnown } = this.context;
    const improvements = this.acquisition.improvements(drawn.map(({ vector }) => vector));
    const order = drawn.map((_, i) => i).sort((a, b) => improvements[b]! - improvements[a]!);
    const leaders: number[] = [];
    let best: Scored | undefined;
    let looked = 0;
    for (const i of order) {
      if (leaders.length >= STARTS && leaders[STARTS - 1]! >= improvements[i]!) break;
      if (looked++ >= MOST_SCORED && best !== undefined) break;
      const { point, vector, configuration = space.decode(point) } = drawn[i]!;
      const key = space.key(configuration);
      if (this.keys.has(key) || isKnown(key)) continue;
      this.keys.add(key);
      const score = improvements[i]! + this.acquisition.success(configuration);
      const scored = { configuration, point, vector, score };
      this.scored.push(scored);
      leaders.push(score);
      leaders.sort((a, b) => b - a);
      if (best === undefined || score > best.score) best = scored;
    }
    return best;
  }

  /** What a point stands for, rounded to what can be run; undefined where constraints rule it out. */
  private read(drawn: EncodedPoint): Drawn | undefined {
    const { space } = this.context;
    const { map } = this.acquisition;
    if (this.direct) {
      const numeric = drawn.numeric.map((x, j) => {
        const grid = space.numericAxes[j]!.grid;
        return grid === undefined ? x : grid[nearestIndex(grid, x)]!;
      });
      const point = { numeric, categorical: drawn.categorical };
      return { point, configuration: undefined, vector: map.vectorAt(point) };
    }
    let configuration = space.decode(drawn);
    // Repairs are expensive: a few keep narrow spaces open.
    if (space.brokenConstraints(configuration).length > 0) {
      if (this.repairs <= 0) return undefined;
      this.repairs -= 1;
      const repaired = space.repair(configuration);
      if (repaired === undefined) return undefined;
      configuration = repaired;
    }
    return { point: space.encode(configuration), configuration, vector: map.vector(configuration) };
  }
}

/** @param points in the model: a variance costs half their square */
function poolSize(points: number): number {
  return Math.round(Math.min(LARGEST_POOL, Math.max(SMALLEST_POOL, SCORING_WORK / (0.5 * points * points + 1))));
}
