export { differentialEvolution } from "./differential-evolution.js";
