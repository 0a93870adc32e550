import { z } from "zod";
import { deriveSeed, RandomStream } from "../../math/random.js";
import { at } from "../../math/vector.js";
import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { checkEvaluation } from "../check-evaluation.js";
import { draw } from "../draw.js";
import type { Candidate, Optimizer, OptimizerFactory, OptimizerState, OptimizerView, Told } from "../optimizer.js";
import { configurationSchema, readState, spaceFingerprint } from "../optimizer-state.js";
import { readSettings } from "../settings.js";
import { BalancedOrder } from "./balanced-order.js";
import { type GridLevels, gridLevels } from "./grid-levels.js";
import { VisitedConfigurations } from "./visited-configurations.js";

const format = { kind: "grid", version: 1 } as const;

/** Grid points that are passed over in one ask before a point off the grid takes their place. */
const mostPassedOver = 4000;

const settingsSchema = z.strictObject({
  points: z
    .int()
    .min(2)
    .max(1000)
    .default(5)
    .describe(
      "Levels of a continuous parameter, and of a discrete one with more values, before the grid is refined; a prime number covers best.",
    ),
});

const schema = z.object({
  space: z.number(),
  seed: z.number(),
  points: z.number(),
  start: configurationSchema.optional(),
  pass: z.number(),
  round: z.number(),
  digits: z.array(z.number()),
  visited: z.base64(),
  nextCandidate: z.number(),
  told: z.number(),
});

interface Progress {
  readonly seed: number;
  readonly points: number;
  /** The user's configuration until the grid point nearest to it was asked for. */
  start: Configuration | undefined;
  /** How often all of a finite space was visited. */
  pass: number;
  /** Refinements of the grid in this pass. */
  round: number;
  /** Position in the order of the grid. */
  digits: number[];
  readonly visited: VisitedConfigurations;
  nextCandidate: number;
  told: number;
}

/**
 * Grid search that is useful from its first points on: the grid point nearest to the start comes first, the others in
 * an order whose every beginning covers the grid (balanced-order.ts). A grid that is done is refined to twice its
 * resolution, without the points it has already, until every value of a finite space had its turn. Configurations
 * that differ in inactive parameters only are visited once, points that break a constraint not at all. No grid is ever
 * listed, whatever its size.
 */
class GridSearch implements Optimizer {
  readonly name = format.kind;
  private levels: readonly GridLevels[];
  private order: BalancedOrder;

  constructor(
    private readonly space: SearchSpace,
    private readonly progress: Progress,
  ) {
    [this.levels, this.order] = this.grid();
  }

  ask(): Candidate {
    const configuration = this.next();
    this.progress.visited.add(this.space.key(configuration));
    return { id: this.progress.nextCandidate++, configuration };
  }

  tell({ configuration, evaluation }: Told): void {
    checkEvaluation(evaluation);
    this.progress.visited.add(this.space.key(configuration));
    this.progress.told += 1;
  }

  /** Nothing is kept for a candidate, and a grid point is not offered twice. */
  forget(): void {}

  /** Points of the present grid, drawn with equal probability. */
  sample(count: number, seed: number): readonly Configuration[] {
    const random = RandomStream.fromSeed(deriveSeed(seed, format.kind, "sample"));
    return Array.from({ length: count }, () => {
      const sampled = () => {
        const levels = Int32Array.from(this.levels, ({ coordinates }) => random.integer(coordinates.length));
        return { point: undefined, configuration: this.space.decode(this.pointOf(levels)) };
      };
      return draw(this.space, random, () => false, sampled).configuration;
    });
  }

  view(): OptimizerView {
    return { optimizer: this.name, generation: this.progress.round, told: this.progress.told };
  }

  state(): OptimizerState {
    const { seed, points, start, pass, round, digits, visited, nextCandidate, told } = this.progress;
    const data: z.infer<typeof schema> = {
      space: spaceFingerprint(this.space),
      seed,
      points,
      ...(start && { start }),
      pass,
      round,
      digits: [...digits],
      visited: visited.state(),
      nextCandidate,
      told,
    };
    return { ...format, data };
  }

  private next(): Configuration {
    const { space, progress } = this;
    const { visited } = progress;
    const start = this.nearestToStart();
    if (start && space.brokenConstraints(start).length === 0 && !visited.has(space.key(start))) return start;

    let broken: Configuration | undefined;
    for (let passedOver = 0; passedOver < mostPassedOver; passedOver++) {
      const levels = this.order.levels(progress.digits);
      const configuration = space.decode(this.pointOf(levels));
      const known = levels.every((level, axis) => this.levels[axis]?.known[level] ?? false);
      this.advance();
      // The grid before this one had it.
      if (known) continue;
      if (space.brokenConstraints(configuration).length > 0) broken ??= configuration;
      else if (!visited.has(space.key(configuration))) return configuration;
    }
    const repaired = broken && space.repair(broken);
    if (repaired && !visited.has(space.key(repaired))) return repaired;
    return space.sample(RandomStream.fromSeed(deriveSeed(progress.seed, "off the grid", progress.nextCandidate)));
  }

  /** Once, at the beginning. */
  private nearestToStart(): Configuration | undefined {
    const { start } = this.progress;
    if (!start) return undefined;
    this.progress.start = undefined;
    const { numeric, categorical } = this.space.encode(start);
    const levels = Int32Array.from(this.levels, ({ coordinates }, axis) =>
      nearest(coordinates, numeric[axis] ?? categorical[axis - numeric.length] ?? 0),
    );
    return this.space.decode(this.pointOf(levels));
  }

  private advance(): void {
    const { progress } = this;
    if (this.order.advance(progress.digits)) return;
    progress.round += 1;
    [this.levels, this.order] = this.grid();
    if (this.levels.some(({ known }) => known.includes(false))) return;
    // Every value of every parameter had its turn: begin again, in another order.
    progress.pass += 1;
    progress.round = 0;
    progress.visited.clear();
    [this.levels, this.order] = this.grid();
  }

  private grid(): [readonly GridLevels[], BalancedOrder] {
    const { seed, points, pass, round } = this.progress;
    const levels = gridLevels(this.space, points, round);
    const counts = levels.map(({ coordinates }) => coordinates.length);
    const order = new BalancedOrder(counts, deriveSeed(seed, format.kind, pass, round));
    if (this.progress.digits.length !== counts.length) this.progress.digits = order.start();
    return [levels, order];
  }

  private pointOf(levels: Int32Array): EncodedPoint {
    const coordinates = this.levels.map((axis, j) => axis.coordinates[at(levels, j)] ?? 0);
    const n = this.space.numericAxes.length;
    return { numeric: coordinates.slice(0, n), categorical: coordinates.slice(n) };
  }
}

/** Index of the nearest coordinate, the lower one of two that are as near. */
function nearest(coordinates: readonly number[], wanted: number): number {
  let best = 0;
  coordinates.forEach((coordinate, k) => {
    if (Math.abs(coordinate - wanted) < Math.abs(at(coordinates, best) - wanted)) best = k;
  });
  return best;
}

/** Grid search in a balanced order, with refinement. */
export const gridSearch: OptimizerFactory = {
  name: format.kind,
  summary: "grid in an order that covers it from the first points on, refined when it is done; learns nothing",
  settings: settingsSchema,

  create(space, { seed, start, settings }) {
    const { points } = readSettings(settingsSchema, format.kind, settings);
    return new GridSearch(space, {
      seed,
      points,
      start,
      pass: 0,
      round: 0,
      digits: [],
      visited: new VisitedConfigurations(),
      nextCandidate: 0,
      told: 0,
    });
  },

  restore(space, state) {
    const data = readState(schema, format, space, state);
    return new GridSearch(space, {
      ...data,
      start: data.start,
      visited: new VisitedConfigurations(data.visited),
    });
  },
};
