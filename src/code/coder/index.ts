/** The side of code search that proposes edits. */

export { type Checked, type CheckOptions, checkEdits, type Reintroduced } from "./check-edits.js";
export {
  type Coder,
  CoderFailure,
  type CoderRequest,
  type CoderSetting,
  type EditSubmission,
  type RefusedSubmission,
  type Review,
  type Submission,
  type TriedOut,
  type UntunedConstant,
} from "./coder.js";
export { ModelCoder, type ModelCoderOptions } from "./model-coder.js";
export { ScriptedCoder, type ScriptedSubmission } from "./scripted-coder.js";
