import { createHash } from "node:crypto";
import { z } from "zod";
import { AgentTuneError } from "../errors.js";
import type { StudyRecord } from "../store/index.js";
import { overridesSchema } from "./overrides.js";
import { type StudySettings, studySettingsSchema } from "./settings.js";

/**
 * How a study is defined, as it is stored with it: the settings that its search goes by, so that it goes on as it
 * began whatever becomes of the file or of defaults, and can be looked at without reading YAML. A study that came
 * from a file also keeps the file's text as it was, which says how its trials run (file-definition.ts).
 */
export const storedDefinitionSchema = z.discriminatedUnion("from", [
  z.object({
    from: z.literal("file"),
    /** Absolute path of the study file: its folder is what paths in it are relative to. */
    path: z.string(),
    text: z.string(),
    overrides: overridesSchema,
    settings: studySettingsSchema,
  }),
  z.object({ from: z.literal("program"), settings: studySettingsSchema }),
  /** Asked and told by a client (serve/), which alone knows the objective; what its optimizer was made with besides. */
  z.object({ from: z.literal("client"), settings: studySettingsSchema, search: z.unknown() }),
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
  return storedDefinition(record).settings;
}

/** How a study goes on with which `agent-tune resume` cannot; undefined where it can. */
export function goesOnBy(definition: StoredDefinition): string | undefined {
  switch (definition.from) {
    case "file":
      return undefined;
    case "program":
      return "the program that started it goes on with it: tune({ ..., resume: true })";
    case "client":
      return "a client of agent-tune serve goes on with it: study.open";
  }
}
