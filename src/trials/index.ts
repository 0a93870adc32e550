/** One trial: command, parameters in, metrics out, process life, limits, failure kinds. */
export { isProviderKey, looksSecret } from "./environment.js";
export { classify, type Evidence, type StopCause } from "./failure.js";
export { divergence } from "./metrics/divergence.js";
export { MetricHistory } from "./metrics/metric-history.js";
export { plainText } from "./metrics/plain-text.js";
export {
  causedByConfiguration,
  type FailedOutcome,
  type FailureKind,
  type Fault,
  failureKinds,
  faultOf,
  type Observation,
  type Outcome,
  outcomeSchema,
} from "./outcome.js";
export {
  declaredDelivery,
  type PreparedCommand,
  prepareCommand,
  type ResolvedPass,
  resolvePass,
  type SpaceNames,
} from "./pass/prepare.js";
export { type PreflightOptions, type PreflightReport, preflight } from "./preflight.js";
export {
  type CommandRun,
  markVariable,
  type ProcessTable,
  processTable,
  type RunBounds,
  reapMarks,
  runCommand,
} from "./process/index.js";
export { type Origin, originSchema, type Proposal, type Purpose, proposalSchema, purposes } from "./proposal.js";
export { durationSchema, formatDuration, formatSize, parseDuration, parseSize, sizeSchema } from "./quantity.js";
export {
  gpusSchema,
  limitsSchema,
  metricsSchema,
  objectiveSchema,
  passSchema,
  type TrialSettings,
  type TrialSettingsInput,
  trialSettingsSchema,
  trialSettingsShape,
} from "./settings.js";
export type { Executor, RunningTrial, TrialEnd, TrialObserver, TrialTask } from "./trial-run.js";
