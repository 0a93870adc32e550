export { type Change, curve, meanCurve, trialsToReach, valueAfter } from "./anytime.js";
export { bootstrapMean, type Interval } from "./bootstrap.js";
export { type Friedman, friedman } from "./friedman.js";
export { holm } from "./holm.js";
export { criticalDifference, indistinguishable } from "./nemenyi.js";
export { averageRanks } from "./ranks.js";
export { type Wilcoxon, wilcoxon } from "./wilcoxon.js";
