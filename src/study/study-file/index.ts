/** agent-tune.yaml: read with every problem at its line, drafted from a script, written with reasons. */
export { type DraftOptions, draftStudy, type StudyDraft } from "./draft.js";
export {
  type ImprovedSpace,
  type Improvement,
  improvementJsonSchema,
  improvementSchema,
  improveSpace,
} from "./improve.js";
export { studyFileJsonSchema } from "./json-schema.js";
export { parseStudyFile } from "./parse.js";
export type { AdvisorSettings, StudyDefinition, StudyObjective } from "./study-definition.js";
export { renderStudyFile } from "./write.js";
