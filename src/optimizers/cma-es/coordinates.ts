import { at } from "../../math/vector.js";
import type { CategoricalAxis, Configuration, EncodedPoint, NumericAxis } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";
import { intoBox, outOfBox } from "./box-transform.js";
import { noChoice } from "./categorical.js";
import { type Grid, gridOf, snap } from "./grid.js";
import type { SearchPoint } from "./search-distribution.js";

/** One numeric axis of the space with its place in it. */
interface NumericCoordinate {
  readonly axis: NumericAxis;
  /** Position among the space's numeric axes. */
  readonly index: number;
  readonly grid: Grid | undefined;
}

interface CategoricalCoordinate {
  readonly axis: CategoricalAxis;
  readonly index: number;
}

/**
 * Between a search space and the coordinates of a search distribution. Continuous coordinates are folded onto
 * [0, 1] (box-transform.ts), discrete ones belong to the nearest grid position, and parameters with one possible
 * value have no coordinate.
 */
export class Coordinates {
  readonly numeric: readonly NumericCoordinate[];
  readonly categorical: readonly CategoricalCoordinate[];
  /** The grid of each discrete coordinate; undefined for continuous ones. */
  readonly grids: readonly (Grid | undefined)[];
  private readonly fixed: EncodedPoint;

  constructor(private readonly space: SearchSpace) {
    this.numeric = space.numericAxes.flatMap((axis, index) =>
      axis.grid && axis.grid.length < 2 ? [] : [{ axis, index, grid: axis.grid && gridOf(axis.grid) }],
    );
    this.categorical = space.categoricalAxes.flatMap((axis, index) =>
      axis.choices.length < 2 ? [] : [{ axis, index }],
    );
    this.grids = this.numeric.map(({ grid }) => grid);
    this.fixed = {
      numeric: space.numericAxes.map(({ grid }) => grid?.[0] ?? 0),
      categorical: space.categoricalAxes.map(() => 0),
    };
  }

  /** The position in [0, 1] that stands for coordinate j of the distribution. */
  position(j: number, x: number): number {
    const grid = this.grids[j];
    return grid ? snap(grid, x) : intoBox(x);
  }

  /** Position in the encoding of the space. Every categorical entry must be a choice. */
  encoded(point: SearchPoint): EncodedPoint {
    const numeric = [...this.fixed.numeric];
    const categorical = [...this.fixed.categorical];
    this.numeric.forEach(({ index }, j) => {
      numeric[index] = this.position(j, at(point.numeric, j));
    });
    this.categorical.forEach(({ index }, i) => {
      categorical[index] = at(point.categorical, i);
    });
    return { numeric, categorical };
  }

  configuration(point: SearchPoint): Configuration {
    return this.space.decode(this.encoded(point));
  }

  /** The point that stands for a configuration in every coordinate, inactive parameters at their defaults. */
  center(configuration: Configuration): SearchPoint {
    const { numeric, categorical } = this.space.encode(configuration);
    return {
      numeric: this.numeric.map(({ index, grid }) => (grid ? at(numeric, index) : outOfBox(at(numeric, index)))),
      categorical: this.categorical.map(({ index }) => at(categorical, index)),
    };
  }

  /**
   * The point that a result is learned from. Where it agrees with one that was drawn, the coordinates drawn are
   * kept, so that a sample that was only snapped to the grid, or edited in some parameters, keeps what is true of
   * it. Coordinates of inactive parameters had no effect: they stand at `neutral`, the present mean, and inactive
   * choices at `noChoice`.
   */
  point(
    configuration: Configuration,
    neutral: ArrayLike<number>,
    drawn?: { readonly point: SearchPoint; readonly configuration: Configuration },
  ): SearchPoint {
    const center = this.center(configuration);
    const kept = (name: string) => drawn !== undefined && drawn.configuration[name] === configuration[name];
    return {
      numeric: this.numeric.map(({ axis }, j) => {
        if (drawn && kept(axis.name)) return at(drawn.point.numeric, j);
        return configuration[axis.name] === undefined ? at(neutral, j) : at(center.numeric, j);
      }),
      categorical: this.categorical.map(({ axis }, i) => {
        if (drawn && kept(axis.name)) return at(drawn.point.categorical, i);
        return configuration[axis.name] === undefined ? noChoice : at(center.categorical, i);
      }),
    };
  }
}
