import type { Configuration, Parameter, SpaceDefinition } from "../../space/parameter.js";

/**
 * A search space whose defaults are a configuration that was found elsewhere: the first trial of a version runs the
 * numbers of its parent.
 *
 * @param configuration of this space; a parameter that is not active in it keeps its default
 */
export function withDefaults(space: SpaceDefinition, configuration: Configuration): SpaceDefinition {
  return { ...space, parameters: space.parameters.map((parameter) => withDefault(parameter, configuration)) };
}

function withDefault(parameter: Parameter, configuration: Configuration): Parameter {
  const value = configuration[parameter.name];
  switch (parameter.kind) {
    case "float":
    case "int":
      return typeof value === "number" ? { ...parameter, default: value } : parameter;
    case "boolean":
      return typeof value === "boolean" ? { ...parameter, default: value } : parameter;
    case "categorical":
      return value === undefined ? parameter : { ...parameter, default: value };
  }
}
