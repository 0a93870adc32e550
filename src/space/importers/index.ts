/** From a training script, or its file of defaults, to a search space that can be proposed. */
export type { Discovered, MetricCandidate, ScriptReading, Style } from "./discovered.js";
export { guessDirection } from "./metric-direction.js";
export {
  type ProposedConstraint,
  type ProposedParameter,
  type ProposedSpace,
  proposeSpace,
  type SkippedSetting,
} from "./propose-space.js";
export { readSettings } from "./read-settings.js";
