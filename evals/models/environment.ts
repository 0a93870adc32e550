/**
 * Variables by which an evaluation is told about models. Variables, because its worker processes are processes of
 * their own.
 */

/** Folder in which what was asked and answered is kept, one file a run; see recording-folder.ts. */
export const recordingsVariable = "AGENT_TUNE_EVAL_RECORDINGS";
/** Folder of recordings to answer from; no model is asked then and no key is needed. */
export const replayVariable = "AGENT_TUNE_EVAL_REPLAY";
/** US dollars that all runs together may spend on models, over all processes and resumes; see spending.ts. */
export const maxCostVariable = "AGENT_TUNE_EVAL_MAX_COST";
/** Prices of models that have none built in, as JSON in the form of a study file's `prices`. */
export const pricesVariable = "AGENT_TUNE_EVAL_PRICES";
