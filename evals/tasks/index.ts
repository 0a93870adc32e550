import { anonymised, nameWithoutDisguise } from "./anonymised.js";
import { arlBenchTasks } from "./arlbench.js";
import { bbobTaskNamed, bbobTasks } from "./bbob/index.js";
import { charLmTasks } from "./char-lm/index.js";
import { ownTasks } from "./own/index.js";
import { tabularTasks } from "./tabular.js";
import type { SkippedTask, Task, TaskEntry } from "./task.js";
import { taskSetTasks } from "./taskset.js";
import { yahpoTasks } from "./yahpo.js";

export { type AnonymousTask, nameWithoutDisguise } from "./anonymised.js";
export { RemainingRows } from "./candidate-set.js";
export {
  type Benchmark,
  type KnownValues,
  normalisedRegret,
  type Observation,
  type SkippedTask,
  type Task,
  type TaskEntry,
} from "./task.js";

/**
 * All tasks that can be run here, and those whose data is missing, by name. Twins and further test functions are not
 * listed: there are as many as one asks for.
 */
export function allTasks(env: NodeJS.ProcessEnv = process.env): {
  readonly tasks: readonly TaskEntry[];
  readonly skipped: readonly SkippedTask[];
} {
  const withData = [yahpoTasks(env), tabularTasks(env), taskSetTasks(env), arlBenchTasks(env), charLmTasks()];
  return {
    tasks: [...ownTasks, ...bbobTasks, ...withData.flatMap(({ tasks }) => tasks)],
    skipped: withData.flatMap(({ skipped }) => skipped),
  };
}

/**
 * A task of the list, another test function such as `bbob/f3-d10-i2-mixed`, or the anonymised twin of either:
 * `anon/own/language-model`.
 *
 * @returns undefined where there is none of that name here
 */
export function taskNamed(name: string, env: NodeJS.ProcessEnv = process.env): Task | undefined {
  const original = nameWithoutDisguise(name);
  if (original !== undefined) {
    const task = taskNamed(original, env);
    return task && anonymised(task);
  }
  const entry = allTasks(env).tasks.find((each) => each.name === name) ?? bbobTaskNamed(name);
  return entry?.load();
}
