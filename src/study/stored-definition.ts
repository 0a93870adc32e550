import { createHash } from "node:crypto";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import type { StudyRecord } from "../store/index.js";
import { overridesSchema, withOverrides } from "./overrides.js";
import { type StudySettings, studySettingsSchema } from "./settings.js";
import { parseStudyFile } from "./study-file/parse.js";
import type { StudyDefinition } from "./study-file/study-definition.js";

/**
 * How a study is defined, as it is stored with it. A study that came from a file keeps the file's text as it was, so
 * that it goes on as it began whatever becomes of the file; one that came from a program keeps its settings.
 */
export const storedDefinitionSchema = z.discriminatedUnion("from", [
  z.object({
    from: z.literal("file"),
    /** Absolute path of the study file: its folder is what paths in it are relative to. */
    path: z.string(),
    text: z.string(),
    overrides: overridesSchema,
  }),
  z.object({ from: z.literal("program"), settings: studySettingsSchema }),
]);
export type StoredDefinition = z.infer<typeof storedDefinitionSchema>;

export function definitionHash(definition: StoredDefinition): string {
  return createHash("sha256").update(JSON.stringify(definition)).digest("hex").slice(0, 16);
}

/** @throws AgentTuneError `state_invalid` */
export function storedDefinition(record: StudyRecord): StoredDefinition {
  const parsed = storedDefinitionSchema.safeParse(record.definition);
  if (parsed.success) return parsed.data;
  throw new AgentTuneError("state_invalid", {
    message: `The definition of study ${record.name} cannot be read: ${z.prettifyError(parsed.error)}`,
    where: `study ${record.id}`,
    remedy: "Use the agent-tune that wrote it, or run agent-tune doctor.",
  });
}

/** What the study loop needs of a stored study, whichever way it came in. */
export function storedSettings(record: StudyRecord): StudySettings {
  const stored = storedDefinition(record);
  return stored.from === "program" ? stored.settings : settingsOf(fileDefinition(stored));
}

/** The study file as it was when the study began, with what was said on the command line. */
export function fileDefinition(stored: Extract<StoredDefinition, { from: "file" }>): StudyDefinition {
  return withOverrides(parseStudyFile(stored.text, { path: stored.path }), stored.overrides);
}

export function settingsOf(definition: StudyDefinition): StudySettings {
  const { study, task, space, objective, trial, budget, seed, optimizer, advisor, noise } = definition;
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
    share: advisor.share,
    review: advisor.review,
    noise: { ...noise },
  };
}
