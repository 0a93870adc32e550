export { sobolSearch } from "./sobol-search.js";
export { SobolSequence } from "./sobol-sequence.js";
export { randomPoint, StartingDesign, startingDeviations, startingProbabilities } from "./starting-design.js";
