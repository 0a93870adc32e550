import type { Configuration, ParameterValue } from "../space/parameter.js";
import type { SearchSpace } from "../space/search-space.js";

/**
 * One parameter in two configurations; a value is absent where the parameter is not active, and `new` where the code
 * has no such parameter.
 */
export interface ParameterChange {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly unit: string | undefined;
  readonly changed: boolean;
}

/**
 * Every parameter of the space that is active in either configuration, in the space's order.
 *
 * @param base space of `from`, where that is a configuration of another version of the code
 */
export function parameterChanges(
  space: SearchSpace,
  from: Configuration | undefined,
  to: Configuration,
  base: SearchSpace = space,
): readonly ParameterChange[] {
  const known = new Set(base.parameters.map(({ name }) => name));
  return space.parameters.flatMap(({ name, unit }) => {
    const before = from?.[name];
    const after = to[name];
    if (before === undefined && after === undefined) return [];
    return [
      {
        name,
        from: known.has(name) ? written(space, name, before, after) : "new",
        to: written(space, name, after, before),
        unit,
        changed: before !== after,
      },
    ];
  });
}

/** Three digits, or as many more as it takes to tell the two values apart. */
function written(
  space: SearchSpace,
  name: string,
  value: ParameterValue | undefined,
  other: ParameterValue | undefined,
): string | undefined {
  if (value === undefined) return undefined;
  for (let digits = 3; digits < 12 && other !== undefined && other !== value; digits++) {
    const text = space.format(name, value, digits);
    if (text !== space.format(name, other, digits)) return text;
  }
  return space.format(name, value);
}
