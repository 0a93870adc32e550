/**
 * Does a model help on a problem of the user's own? Every arm (optimizer x advisor) and seed is a study of the product,
 * in a store of its own; what their answers are worth on fresh seeds is compared, paired by seed.
 */
export { asksModel } from "./arm.js";
export { carryOutEvaluation, type EvaluationAtWork } from "./carry-out-evaluation.js";
export { type Evaluation, evaluationJsonSchema, evaluationSchema } from "./document.js";
export { keepResults } from "./keep-results.js";
export { planStudies, type StudiesChoice, type StudiesPlan } from "./plan.js";
export { planJson, planText } from "./progress.js";
export { evaluationText } from "./render.js";
