/** Edits of training code: read, applied in memory, refused with a reason, compared with what was tried before. */
export { applyEdits } from "./apply.js";
export {
  type Applied,
  type Edit,
  type EditProblem,
  type EditProblemKind,
  type EditRules,
  editProblemKinds,
  type SourceTree,
} from "./edit.js";
export { matchesGlob } from "./glob.js";
export { type DiffLine, lineDiff } from "./line-diff.js";
export { splitLines } from "./lines.js";
export { type LockedRegion, lockedRegions } from "./locked-regions.js";
export { languageOf, maskSource } from "./mask.js";
export { addedLines, deletedLines, type FileChange, reintroduced } from "./novelty.js";
export { type ParsedBlocks, parseBlocks } from "./parse-blocks.js";
export {
  checkSyntax,
  javaScriptSyntax,
  pythonSyntax,
  type SyntaxOptions,
  type SyntaxProblem,
  type SyntaxReport,
} from "./syntax.js";
