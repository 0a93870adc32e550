/** Where trials run. */
export type { CodeLimits, CodeRunning, EvaluationCommand } from "./code-running.js";
export { checkEvaluation } from "./evaluation.js";
export { detectGpus } from "./gpus.js";
export {
  InProcessExecutor,
  type InProcessExecutorOptions,
  type ObjectiveContext,
  type ObjectiveFunction,
} from "./in-process.js";
export { LocalExecutor, type LocalExecutorOptions } from "./local.js";
