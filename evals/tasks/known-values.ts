import { measuredValues } from "./measured-values.js";
import type { KnownValues } from "./task.js";

/** @throws Error for a task that was never calibrated */
export function knownValues(task: string): KnownValues {
  const known = measuredValues[task];
  if (known === undefined) throw new Error(`The task ${task} was not calibrated: run dist/evals/tasks/calibrate.js.`);
  return known;
}
