export type { DefinitionProblem } from "./definition-problem.js";
export {
  definitionFromFields,
  derivedSchema,
  type ParameterFields,
  parameterSchema,
  type SpaceFields,
  spaceFields,
  spaceSchema,
} from "./definition-schema.js";
export { type Expression, parseExpression } from "./expression/index.js";
export { formatNumber } from "./format-value.js";
export { nearestName } from "./nearest-name.js";
export type {
  BooleanParameter,
  CategoricalAxis,
  CategoricalParameter,
  Configuration,
  DerivedQuantity,
  EncodedPoint,
  FloatParameter,
  IntParameter,
  NumericAxis,
  Parameter,
  ParameterValue,
  SpaceDefinition,
} from "./parameter.js";
export { projectConfiguration, sameConfiguration } from "./project-configuration.js";
export { type ConfigurationProblem, type ReadResult, SearchSpace } from "./search-space.js";
