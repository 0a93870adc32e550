export { type AnalysisOptions, analyse } from "./analyse.js";
export {
  type Analysis,
  type AnytimeArea,
  type AnytimeCurve,
  analysisSchema,
  type Contrast,
  type Effort,
  type EffortUnit,
  type MethodStand,
  type OriginShare,
  type Stand,
  type TaskResult,
} from "./analysis.js";
export type { ComparedTask } from "./cells.js";
export { tooFewTasks } from "./sentence.js";
export { pText, regretText, timesText, timesUp } from "./wording.js";
