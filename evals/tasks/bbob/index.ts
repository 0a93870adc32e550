import type { TaskEntry } from "../task.js";
import { bbobIds } from "./bbob-function.js";
import { bbobTask } from "./bbob-task.js";

export { type BbobFunction, bbobFunction } from "./bbob-function.js";
export { type BbobKnownValues, type BbobTask, bbobTask, bbobTaskNamed } from "./bbob-task.js";

/** All 24 functions in five dimensions, first instance. */
export const bbobTasks: readonly TaskEntry[] = bbobIds.map((id) =>
  bbobTask({ function: id, dimension: 5, instance: 1 }),
);

/**
 * Each of the suite's five groups of functions in 2 to 40 dimensions, continuous, mixed and categorical. Where a
 * variant stands beside the task that it is made of, the difference is what discreteness or a missing order costs.
 */
export const representativeBbobTasks: readonly TaskEntry[] = [
  bbobTask({ function: 8, dimension: 2, instance: 2 }),
  bbobTask({ function: 21, dimension: 2, instance: 3 }),
  bbobTask({ function: 3, dimension: 5, instance: 2 }),
  bbobTask({ function: 3, dimension: 5, instance: 2, variant: "mixed" }),
  bbobTask({ function: 3, dimension: 5, instance: 2, variant: "categorical" }),
  bbobTask({ function: 6, dimension: 5, instance: 3 }),
  bbobTask({ function: 17, dimension: 5, instance: 4 }),
  bbobTask({ function: 10, dimension: 10, instance: 1 }),
  bbobTask({ function: 10, dimension: 10, instance: 1, variant: "mixed" }),
  bbobTask({ function: 10, dimension: 10, instance: 1, variant: "categorical" }),
  bbobTask({ function: 15, dimension: 10, instance: 2 }),
  bbobTask({ function: 22, dimension: 10, instance: 5, variant: "categorical" }),
  bbobTask({ function: 13, dimension: 20, instance: 3 }),
  bbobTask({ function: 8, dimension: 20, instance: 4, variant: "mixed" }),
  bbobTask({ function: 1, dimension: 40, instance: 1 }),
  bbobTask({ function: 20, dimension: 40, instance: 2, variant: "mixed" }),
];
