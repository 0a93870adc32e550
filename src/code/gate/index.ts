export {
  closeGate,
  decide,
  type GateDecision,
  type GateOptions,
  leastPairs,
  type OpenGate,
  openGate,
  openGateSchema,
  type Pair,
} from "./gate.js";
export { noTries, type Tries, triesSchema } from "./tries.js";
export {
  type Candidate,
  type CandidateStep,
  candidateSchema,
  nextForCandidate,
  planCandidate,
} from "./tuned-alike.js";
