/** Where trials run. */
export { detectGpus } from "./gpus.js";
export {
  InProcessExecutor,
  type InProcessExecutorOptions,
  type ObjectiveContext,
  type ObjectiveFunction,
} from "./in-process.js";
export { LocalExecutor, type LocalExecutorOptions } from "./local.js";
