import { ownTasks } from "./own/index.js";
import { tabularTasks } from "./tabular.js";
import type { SkippedTask, TaskEntry } from "./task.js";
import { yahpoTasks } from "./yahpo.js";

export {
  type KnownValues,
  normalisedRegret,
  type Observation,
  type SkippedTask,
  type Task,
  type TaskEntry,
} from "./task.js";

/**
 * All tasks that can be run here, and those whose data is missing, by name.
 *
 * Pools of recorded configurations without a grid (TaskSet, ARLBench) are no tasks here: an optimizer that asks for
 * any point of a space cannot be held to rows, and the nearest row is not what it asked for.
 */
export function allTasks(env: NodeJS.ProcessEnv = process.env): {
  readonly tasks: readonly TaskEntry[];
  readonly skipped: readonly SkippedTask[];
} {
  const withData = [yahpoTasks(env), tabularTasks(env)];
  return {
    tasks: [...ownTasks, ...withData.flatMap(({ tasks }) => tasks)],
    skipped: withData.flatMap(({ skipped }) => skipped),
  };
}
