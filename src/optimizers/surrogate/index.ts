/** Models of the objective and of failures that both sides of the hybrid consult. Pure, seeded, deterministic. */
export { expectedImprovement, logExpectedImprovement } from "./acquisition.js";
export {
  type FailureKindProbability,
  type Feasibility,
  type FeasibilityEvidence,
  type FeasibilityOptions,
  type FeasibilityTrial,
  fitFeasibility,
} from "./feasibility.js";
export { type Feature, FeatureMap } from "./features.js";
export type { Hyperparameters } from "./gaussian-process.js";
export {
  Acquisition,
  type Expectation,
  type Expectations,
  SearchModel,
  type SearchModelState,
  searchModelStateSchema,
} from "./search-model.js";
export type { Sensitivities, Sensitivity, SensitivityOptions } from "./sensitivities.js";
export {
  fitSurrogate,
  type HeldOutCheck,
  type HeldOutPoint,
  type NoiseEstimate,
  type Prediction,
  type Surrogate,
  type SurrogateObservation,
  type SurrogateOptions,
} from "./surrogate.js";
