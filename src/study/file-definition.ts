import { type Overrides, withOverrides } from "./overrides.js";
import type { StudySettings } from "./settings.js";
import { parseStudyFile } from "./study-file/parse.js";
import type { StudyDefinition } from "./study-file/study-definition.js";

/** A study file and what was said on the command line. */
export interface StudyFileText {
  /** Absolute path: its folder is what paths in the file are relative to. */
  readonly path: string;
  readonly text: string;
  readonly overrides: Overrides;
}

/**
 * Everything that a study file says, with what was said on the command line.
 *
 * @throws AgentTuneError with every problem of the file
 */
export function fileDefinition({ path, text, overrides }: StudyFileText): StudyDefinition {
  return withOverrides(parseStudyFile(text, { path }), overrides);
}

/** What of it the study loop needs. */
export function settingsOf(definition: StudyDefinition): StudySettings {
  const { study, task, space, objective, trial, budget, seed, optimizer, warmStart, advisor, noise, code } = definition;
  const { metric, direction, target, constraints } = objective;
  return {
    name: study,
    ...(task === undefined ? {} : { task }),
    space,
    objective: { metric, direction, ...(target === undefined ? {} : { target }), constraints: [...constraints] },
    limits: {
      ...(trial.limits.time === undefined ? {} : { seconds: trial.limits.time }),
      ...(trial.limits.memory === undefined ? {} : { memoryBytes: trial.limits.memory }),
    },
    budget,
    seed,
    optimizer,
    ...(warmStart === undefined ? {} : { warmStart }),
    share: advisor.share,
    review: advisor.review,
    noise: { ...noise },
    ...(code === undefined ? {} : { code }),
  };
}
