import type { Configuration, EncodedPoint } from "../../space/parameter.js";
import type { SearchSpace } from "../../space/search-space.js";

interface DerivedColumn {
  readonly name: string;
  readonly log: boolean;
  /** Where it cannot be computed. */
  readonly missing: number;
}

/**
 * What the trees split on: encoded coordinates, choices by their index, and derived quantities, for which one split
 * may say what takes many in the parameters. Inactive parameters stand at their default, as SMAC has them (Hutter et
 * al. 2011): a split on the parameter that decides about them comes before.
 */
export class ForestFeatures {
  readonly isChoice: readonly boolean[];
  private readonly derived: readonly DerivedColumn[];

  /** @param configurations those the forest is fitted to; at least one */
  constructor(
    private readonly space: SearchSpace,
    configurations: readonly Configuration[],
  ) {
    this.derived = derivedColumns(space, configurations);
    this.isChoice = [
      ...space.numericAxes.map(() => false),
      ...space.categoricalAxes.map(() => true),
      ...this.derived.map(() => false),
    ];
  }

  /** @param point that of the configuration */
  row(configuration: Configuration, { numeric, categorical }: EncodedPoint): Float64Array {
    const row = new Float64Array(this.isChoice.length);
    row.set(numeric);
    row.set(categorical, numeric.length);
    if (this.derived.length > 0) {
      const values = this.space.derive(configuration);
      const start = numeric.length + categorical.length;
      this.derived.forEach((column, k) => {
        row[start + k] = scaled(column, values[column.name]);
      });
    }
    return row;
  }
}

function scaled({ log, missing }: DerivedColumn, value: number | undefined): number {
  if (value === undefined) return missing;
  const number = log ? Math.log(value) : value;
  return Number.isFinite(number) ? number : missing;
}

/** Splits are drawn uniformly between the extremes: what is positive is split by ratio. */
function derivedColumns(space: SearchSpace, configurations: readonly Configuration[]): readonly DerivedColumn[] {
  if (space.derived.length === 0) return [];
  const derived = configurations.map((configuration) => space.derive(configuration));
  return space.derived.flatMap(({ name }) => {
    const values = derived.flatMap((each) => each[name] ?? []);
    const log = values.length > 0 && values.every((value) => value > 0);
    const numbers = values.map((value) => (log ? Math.log(value) : value));
    const low = numbers.reduce((a, b) => Math.min(a, b), Infinity);
    const high = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
    return low < high && Number.isFinite(high - low) ? [{ name, log, missing: (low + high) / 2 }] : [];
  });
}
