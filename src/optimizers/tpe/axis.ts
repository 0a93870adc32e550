import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";

interface AxisOfParameter {
  readonly name: string;
  /** Index in `numeric` or `categorical` of the encoding. */
  readonly index: number;
  /** Whether the parameter has a condition, so that configurations can be without it. */
  readonly conditional: boolean;
}

/**
 * One parameter as the estimators see it. A configuration has one coordinate on every axis: the encoded position in
 * [0, 1] of a continuous parameter, the index of the cell of a numeric parameter with a grid, the index of a choice;
 * and not a number where the parameter is inactive.
 */
export type Axis =
  | (AxisOfParameter & { readonly kind: "continuous" })
  | (AxisOfParameter & {
      readonly kind: "grid";
      /** Position of each cell's value. */
      readonly grid: Float64Array;
      /** Where the cells meet, 0 and 1 included: one more than there are cells. */
      readonly edges: Float64Array;
    })
  | (AxisOfParameter & { readonly kind: "choice"; readonly count: number });

/** Numeric parameters first, each sort in the space's order. */
export function axesOf(space: SearchSpace): readonly Axis[] {
  const conditional = new Set(space.parameters.flatMap(({ name, when }) => (when === undefined ? [] : [name])));
  return [
    ...space.numericAxes.map(({ name, grid }, index): Axis => {
      const shared = { name, index, conditional: conditional.has(name) };
      if (grid === undefined) return { kind: "continuous", ...shared };
      return { kind: "grid", ...shared, grid: Float64Array.from(grid), edges: edgesBetween(grid) };
    }),
    ...space.categoricalAxes.map(
      ({ name, choices }, index): Axis => ({
        kind: "choice",
        name,
        index,
        conditional: conditional.has(name),
        count: choices.length,
      }),
    ),
  ];
}

/** Coordinates of a canonical configuration, one for each axis. */
export function coordinatesOf(
  axes: readonly Axis[],
  configuration: Configuration,
  { numeric, categorical }: EncodedPoint,
): Float64Array {
  return Float64Array.from(axes, ({ kind, name, index, ...axis }) => {
    if (configuration[name] === undefined) return Number.NaN;
    if (kind === "choice") return categorical[index] ?? Number.NaN;
    const position = numeric[index] ?? Number.NaN;
    return "edges" in axis ? cellAt(axis.edges, position) : position;
  });
}

/** The encoded point at coordinates of which none is missing. */
export function pointAt(axes: readonly Axis[], coordinates: Float64Array): EncodedPoint {
  const numeric: number[] = [];
  const categorical: number[] = [];
  axes.forEach((axis, a) => {
    const coordinate = coordinates[a] ?? Number.NaN;
    if (axis.kind === "choice") categorical.push(coordinate);
    else numeric.push(axis.kind === "grid" ? (axis.grid[coordinate] ?? Number.NaN) : coordinate);
  });
  return { numeric, categorical };
}

/** Index of the cell that holds a position in [0, 1]. */
export function cellAt(edges: Float64Array, position: number): number {
  let low = 0;
  let high = edges.length - 2;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (position >= edges[middle]!) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Edges of so many parts of [0, 1] of the same width. */
export function evenEdges(parts: number): Float64Array {
  return Float64Array.from({ length: parts + 1 }, (_, k) => k / parts);
}

function edgesBetween(grid: readonly number[]): Float64Array {
  const edges = new Float64Array(grid.length + 1);
  for (let k = 1; k < grid.length; k++) edges[k] = (grid[k - 1]! + grid[k]!) / 2;
  edges[grid.length] = 1;
  return edges;
}
