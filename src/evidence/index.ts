export { Evidence, type Group, type Incumbent } from "./evidence.js";
export type { FinishedTrial } from "./finished-trial.js";
export type { NoiseFloor } from "./noise-floor.js";
export { fromLoss, type Objective, toLoss } from "./objective.js";
export { average, type TrueValue } from "./true-value.js";
