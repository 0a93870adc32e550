/** Models in an evaluation: recorded, replayed, under one cap, and what methods that ask them have in common. */

export { askingSession, type Proposer, type RunSoFar } from "./asking-session.js";
export {
  configurationSchema,
  configurationsSchema,
  readConfiguration,
  readConfigurations,
} from "./configuration-answer.js";
export { maxCostVariable, pricesVariable, recordingsVariable, replayVariable } from "./environment.js";
export { isModelChoice, readModelChoice } from "./model-choice.js";
export {
  checkModelName,
  type ModelSurroundings,
  type OpenedModel,
  openEvalModel,
} from "./open-eval-model.js";
export { AnswerProblems, ask, type Question } from "./question.js";
export { configurationText, failureText, limitsText, spaceText, valueText } from "./space-text.js";
export { type PastTrial, TrialHistory } from "./trial-history.js";
