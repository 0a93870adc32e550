import { type Expression, type Residual, residualsOf, violationOf } from "./expression/index.js";
import type { Configuration } from "./parameter.js";
import type { ValueDomain } from "./value-domain.js";

/** What a repair needs to know of a space. */
export interface RepairableSpace {
  readonly domains: readonly ValueDomain[];
  readonly constraints: readonly Expression[];
  /** Formulas of the derived quantities, by name. */
  readonly derived: ReadonlyMap<string, Expression>;
  /** Conditions of the conditional parameters, by name. */
  readonly conditions: ReadonlyMap<string, Expression>;
  /** What the constraints are evaluated on: the values of active parameters, and the derived quantities. */
  visible(values: Configuration): Configuration;
}

export interface GroupedConstraint {
  readonly expression: Expression;
  readonly residuals: readonly Residual[];
  /** How far it is from holding; 0 where it does. */
  readonly violation: (values: Configuration) => number;
  /** Parameters that decide whether it holds, also through derived quantities and conditions. */
  readonly domains: readonly ValueDomain[];
}

/** Constraints that share parameters, directly or through others: they have to be repaired together. */
export interface ConstraintGroup {
  readonly constraints: readonly GroupedConstraint[];
  readonly domains: readonly ValueDomain[];
}

/** The groups of a space's constraints. No parameter is in two of them. */
export function constraintGroups(space: RepairableSpace): readonly ConstraintGroup[] {
  const numbers = new Set(space.derived.keys());
  for (const domain of space.domains) if (domain.kind === "numeric") numbers.add(domain.parameter.name);
  let groups: ConstraintGroup[] = [];
  for (const expression of space.constraints) {
    const names = reachableNames(expression, space);
    const constraint: GroupedConstraint = {
      expression,
      residuals: residualsOf(expression, numbers),
      violation: violationOf(expression, numbers),
      domains: space.domains.filter((domain) => names.has(domain.parameter.name)),
    };
    const [touched, untouched] = partition(groups, (group) =>
      group.domains.some((one) => constraint.domains.includes(one)),
    );
    const together = new Set([...touched.flatMap((group) => group.domains), ...constraint.domains]);
    groups = [
      ...untouched,
      {
        constraints: [...touched.flatMap((group) => group.constraints), constraint],
        domains: space.domains.filter((domain) => together.has(domain)),
      },
    ];
  }
  return groups;
}

function reachableNames(expression: Expression, { derived, conditions }: RepairableSpace): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (used: Expression | undefined): void => {
    for (const name of used?.names ?? []) {
      if (names.has(name)) continue;
      names.add(name);
      visit(derived.get(name));
      visit(conditions.get(name));
    }
  };
  visit(expression);
  return names;
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
