import type { ParameterValue } from "./parameter.js";

/** Most combinations of the parameters that decide about others that are looked at one by one. */
const MOST_COMBINATIONS = 100_000;

export interface CountedParameter {
  readonly name: string;
  /** Number of values; Infinity where continuous. */
  readonly count: number;
  /** The values themselves, where the activity of other parameters depends on them. */
  readonly values: readonly ParameterValue[] | undefined;
  /** Whether some other parameter's condition refers to it. */
  readonly decides: boolean;
  isActive(values: Readonly<Record<string, ParameterValue>>): boolean;
}

/**
 * Number of distinct configurations: walks through all values of the parameters that decide about the activity
 * of others, and multiplies the counts of the rest.
 *
 * @param parameters each after those that its condition refers to
 * @returns Infinity where a continuous parameter can be active, or where there is too much to walk through
 */
export function countConfigurations(parameters: readonly CountedParameter[]): number {
  let visited = 0;
  const count = (index: number, values: Readonly<Record<string, ParameterValue>>): number => {
    const parameter = parameters[index];
    if (parameter === undefined) return 1;
    if (!parameter.isActive(values)) return count(index + 1, values);
    if (!parameter.decides) return parameter.count * count(index + 1, values);
    if (parameter.values === undefined) return Number.POSITIVE_INFINITY;
    let sum = 0;
    for (const value of parameter.values) {
      if (++visited > MOST_COMBINATIONS) return Number.POSITIVE_INFINITY;
      sum += count(index + 1, { ...values, [parameter.name]: value });
    }
    return sum;
  };
  return count(0, {});
}
