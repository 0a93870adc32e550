import type { TaskEntry } from "../task.js";
import { discreteTasks } from "./discrete.js";
import { languageModel } from "./language-model.js";
import { ownTask } from "./own-task.js";
import { smoothTasks } from "./smooth.js";
import { troubledTasks } from "./troubled.js";

/** Formulas in the shape of tuning problems; they need no data. */
export const ownTasks: readonly TaskEntry[] = [...smoothTasks, ...discreteTasks, ...troubledTasks, languageModel].map(
  ownTask,
);
