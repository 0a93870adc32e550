export {
  creditedGain,
  decideMove,
  type MoveDecision,
  type MoveKind,
  type Moves,
  movesSchema,
  noMoves,
  recordMove,
  structureBounds,
  structureShare,
} from "./move-policy.js";
