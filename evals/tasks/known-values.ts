import type { Configuration, SearchSpace } from "../../src/space/index.js";
import { measuredValues } from "./measured-values.js";
import type { KnownValues } from "./task.js";

/** @throws Error for a task that was never calibrated */
export function knownValues(task: string): KnownValues {
  const known = measuredValues[task];
  if (known === undefined) throw new Error(`The task ${task} was not calibrated: run dist/evals/tasks/calibrate.js.`);
  return { best: known.best, bestOf25: known.bestOf25 };
}

/**
 * The configuration at which calibration reached the best known value, as an optional property of a task.
 *
 * @throws Error where it is none of the task's space: the space was changed and the task not calibrated again
 */
export function knownOptimum(task: string, space: SearchSpace): { readonly optimum?: Configuration } {
  const at = measuredValues[task]?.at;
  if (at === undefined) return {};
  const reading = space.read(at);
  if (!reading.ok) throw new Error(`The optimum of ${task} is none of its configurations: calibrate it again.`);
  return { optimum: reading.configuration };
}
