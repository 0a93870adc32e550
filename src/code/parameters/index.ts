/** Parameters that an edit of the code declares: how they join the search space, reach the command and are verified. */
export { projectConfiguration, sameConfiguration } from "../../space/index.js";
export { type CodeConstant, type CodeConstants, constantsOf } from "./constants.js";
export {
  type BriefRun,
  type EffectReport,
  type EffectTrial,
  type ParameterEffect,
  verifyEffect,
} from "./effect.js";
export { type JoinedSpace, joinSpace, mostDeclared } from "./join-space.js";
export { mentionProblems } from "./mention.js";
export { type Passing, passingOf } from "./passing.js";
