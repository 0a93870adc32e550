/**
 * agent-tune as a library: everything that a door can do.
 *
 * `tune` hands over an objective and returns the answer; the rest is for programs that want the parts.
 */
export { AgentTuneError, type ErrorCode, ExitCode } from "./errors.js";
export type { ObjectiveContext, ObjectiveFunction } from "./executors/index.js";
export type { LangChainChatModel } from "./llm/index.js";
export { type Optimizer, optimizerFactories, optimizerFactory } from "./optimizers/index.js";
export { type Configuration, type ParameterValue, SearchSpace, type SpaceDefinition } from "./space/index.js";
export type { StampedEvent, StudyEvent } from "./study/study-events.js";
export { parseStudyFile, studyFileJsonSchema } from "./study/study-file/index.js";
export { type Summary, summarySchema } from "./study/summary.js";
export { type TuneOptions, type TuneResult, tune } from "./study/tune.js";
