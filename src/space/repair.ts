import { type ConstraintGroup, constraintGroups, type RepairableSpace } from "./constraint-group.js";
import { CoordinateSearch } from "./coordinate-search.js";
import { nearestFirst } from "./nearest-first.js";
import type { Configuration, ParameterValue } from "./parameter.js";
import type { ValueDomain } from "./value-domain.js";

/** Combinations of discrete values that are tried one by one, nearest first. About a millisecond's worth. */
const MOST_COMBINATIONS = 2_000;

/** Finds the nearest values that satisfy the constraints of one space. */
export class Repair {
  private readonly groups: readonly ConstraintGroup[];

  constructor(private readonly space: RepairableSpace) {
    this.groups = constraintGroups(space);
  }

  /**
   * Each group of connected constraints on its own. Where all its parameters are discrete, their combinations are
   * tried in ascending distance, so that the first that holds is the nearest there is; where that takes too
   * long, or some are continuous, a search along the coordinates finds one that is near.
   *
   * @param start one value for every parameter, inactive ones included
   */
  nearest(start: Configuration): Configuration | undefined {
    let values = start;
    for (const group of this.groups) {
      if (this.satisfied(group, values)) continue;
      const search = () => new CoordinateSearch(this.space, group).nearest(values);
      const repaired = this.nearestCombination(group, values) ?? search();
      if (repaired === undefined) return undefined;
      values = repaired;
    }
    return values;
  }

  private satisfied({ constraints }: ConstraintGroup, values: Configuration): boolean {
    const visible = this.space.visible(values);
    return constraints.every(({ expression }) => expression.evaluate(visible) !== false);
  }

  private nearestCombination(group: ConstraintGroup, start: Configuration): Configuration | undefined {
    const axes: (readonly Candidate[])[] = [];
    for (const domain of group.domains) {
      const candidates = candidatesOf(domain, start[domain.parameter.name]);
      if (candidates === undefined) return undefined;
      axes.push(candidates);
    }
    let tried = 0;
    for (const indices of nearestFirst(axes.map((axis) => axis.map(({ cost }) => cost)))) {
      if (++tried > MOST_COMBINATIONS) return undefined;
      const values: Record<string, ParameterValue> = { ...start };
      group.domains.forEach(({ parameter }, k) => {
        const candidate = axes[k]?.[indices[k] ?? 0];
        if (candidate !== undefined) values[parameter.name] = candidate.value;
      });
      if (this.satisfied(group, values)) return values;
    }
    return undefined;
  }
}

interface Candidate {
  readonly value: ParameterValue;
  /** Squared encoded distance. */
  readonly cost: number;
}

/** The values of a discrete parameter, nearest to the present one first; undefined where they are too many. */
function candidatesOf(domain: ValueDomain, from: ParameterValue | undefined): readonly Candidate[] | undefined {
  if (domain.kind === "categorical") {
    const all = domain.choices.map((value) => ({ value, cost: value === from ? 0 : 1 }));
    return all.sort((a, b) => a.cost - b.cost);
  }
  const { values, grid, encode } = domain.domain;
  if (values === undefined || grid === undefined) return undefined;
  const at = typeof from === "number" ? encode(from) : domain.home;
  const all = values.map((value, k) => ({ value, cost: ((grid[k] ?? 0) - at) ** 2 }));
  return all.sort((a, b) => a.cost - b.cost);
}
