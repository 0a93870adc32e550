import type { Configuration, Parameter, ParameterValue } from "./parameter.js";
import type { SearchSpace } from "./search-space.js";

/** Canonical values keep twelve significant digits, of the larger bound where a range has negative values. */
const roundingError = 1e-9;

/**
 * The configuration of another space that is nearest to a given one: parameters that only the other space has stand at
 * their defaults, those that it has not are dropped, numbers out of range go to its nearest value, unknown choices to
 * the default, and broken constraints are repaired. For numbers found elsewhere that are to run here.
 *
 * @param configuration of any space
 * @returns canonical; undefined where no repair was found
 */
export function projectConfiguration(configuration: Configuration, space: SearchSpace): Configuration | undefined {
  return space.repair(nearest(configuration, space));
}

/**
 * The same configuration in another space, for a result that was measured elsewhere: as `projectConfiguration`, but
 * nothing that was run may change.
 *
 * @returns undefined where a value does not exist in the other space, or its constraints do not hold
 */
export function sameConfiguration(configuration: Configuration, space: SearchSpace): Configuration | undefined {
  const projected = nearest(configuration, space);
  for (const [name, value] of Object.entries(projected)) {
    const given = configuration[name];
    if (given !== undefined && !isSame(given, value)) return undefined;
  }
  return space.brokenConstraints(projected).length > 0 ? undefined : projected;
}

function nearest(configuration: Configuration, space: SearchSpace): Configuration {
  const values: Record<string, ParameterValue> = {};
  for (const parameter of space.parameters) {
    values[parameter.name] = within(parameter, configuration[parameter.name]) ?? parameter.default;
  }
  return space.decode(space.encode(values));
}

/** The value where the parameter can make something of it. */
function within(parameter: Parameter, value: ParameterValue | undefined): ParameterValue | undefined {
  switch (parameter.kind) {
    case "float":
    case "int":
      // A log scale has no place for what is not positive.
      return typeof value === "number" ? Math.max(parameter.low, Math.min(parameter.high, value)) : undefined;
    case "categorical":
      return value !== undefined && parameter.choices.includes(value) ? value : undefined;
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
  }
}

function isSame(a: ParameterValue, b: ParameterValue): boolean {
  if (typeof a !== "number" || typeof b !== "number") return a === b;
  return Math.abs(a - b) <= roundingError * Math.max(Math.abs(a), Math.abs(b));
}
